"""Node kinds, interning, named sizes, labels and walks. Imports nothing else of this package."""
