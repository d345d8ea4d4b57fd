"""Programs as machine code, through LLVM.

The way in is `compile`: a schedule becomes text in `emit`, which writes instructions by `ir`, operations by `entrywise`
and functions such as exp by `vector_math`. `machine` makes of the text what runs, and `entry` has Python call that.
`segments` is for programs of which only parts can be written so.
"""
