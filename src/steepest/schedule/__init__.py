"""From an array program to a schedule: what is computed together, in which loops and lanes, and what is kept where.

The way in is `plan`, what comes out is in `stage`. In between: how instructions read (`reading`, `graph`), the range to
go through once (`rows`, `layout`), what is computed once (`keeping`), loops and products; by the constants of `cost`.
"""
