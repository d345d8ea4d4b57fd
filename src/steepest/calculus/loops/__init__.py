"""The rules of loops: tangent, transpose, rows. Each is a loop again, with the same rules."""
