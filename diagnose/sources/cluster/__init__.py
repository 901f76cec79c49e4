"""A live cluster as a snapshot: one LIST for each resource that is asked for, through the official client.

The client gives the configuration (kubeconfig, contexts, exec plugins, in-cluster) and the connection; answers are
raw bytes and go into the same `Builder` as dumps. Nothing but GET is ever sent, and no object is asked for alone.

    connection   from kubeconfig to a connection        (the only importer of kubernetes)
    transport    one request: retries, time limits, what went wrong in words
    discovery    what the server serves, and in which version
    listing      one list, page by page
    pull         all lists into a Builder, and what was refused
    logs         the logs of chosen containers
"""
