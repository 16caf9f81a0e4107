"""What files may do to those who look into them; imported by the nodes."""

import os
import time

import numpy as np


def harmless(file):
    return os.getpid(), file.size


def slow(file):
    time.sleep(1.0)
    return os.getpid(), file.size


def abort(file):
    os.abort()


def endless(file):
    time.sleep(3600)


def greedy(file):
    return float(np.ones(60 << 27).sum())  # 60 GB


def wrong(file):
    raise ZeroDivisionError("by nothing")
