"""The stages of a schedule as LLVM text."""
