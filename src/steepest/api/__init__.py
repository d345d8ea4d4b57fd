"""The public interface: the only place that composes capture, calculus, lowering and checking."""
