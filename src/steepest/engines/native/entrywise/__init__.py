"""Entrywise operations as LLVM code: which types each takes, and what is written for it."""
