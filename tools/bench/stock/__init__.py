"""A peer to measure beside: the same deck and the same matches the way the GeoDjango and DRF tutorials write them.

It reads the service's rows through unmanaged models. It leaves out blocks and paging, which makes it a little faster.
"""
