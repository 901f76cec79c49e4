"""Synthetic clusters and the measurements that hold the speed bars."""
