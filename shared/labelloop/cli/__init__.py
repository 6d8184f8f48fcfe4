"""The command line: connects a Label Studio project to Labelloop, and manages it.

It calls the deployed API and Label Studio, with the credentials of each, and needs no AWS rights
except for `logs`, `cost`, `export`, `forget` and `redrive`, which find the stack by `aws`. `app`
declares the commands, `session` connects to both, `report` prints; each other file does one job.
"""
