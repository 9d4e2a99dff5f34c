"""Numba kernels: arrays in, arrays out. The only folder that imports numba; it knows nothing of hoshin.

A kernel trusts its caller: the domain validates. Each has a slow twin in `tests/naive.py`.
"""
