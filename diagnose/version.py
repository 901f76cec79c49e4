"""The version of the program, as pyproject.toml reads it."""

VERSION = "0.1.0"
