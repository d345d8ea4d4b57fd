"""Nested containers as flat lists of leaves: lists, tuples, dicts, named tuples and dataclasses."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Sequence
from typing import Any

import optree

NAMESPACE = "steepest"


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Leaves and structure; plain dataclasses are containers too."""
    leaves, spec = optree.tree_flatten(tree, none_is_leaf=True, namespace=NAMESPACE)
    unknown = {type(leaf) for leaf in leaves if dataclasses.is_dataclass(leaf) and not isinstance(leaf, type)}
    if unknown:
        for kind in unknown:
            _register_dataclass(kind)
        leaves, spec = optree.tree_flatten(tree, none_is_leaf=True, namespace=NAMESPACE)
    return leaves, spec


def key_orders(tree: Any) -> Hashable:
    """The keys of each dict in their order, which structures do not compare; a function may go by it."""
    found: list[tuple[Any, ...]] = []

    def note(item: Any) -> bool:
        if isinstance(item, dict):
            found.append(tuple(item))
        return False

    optree.tree_structure(tree, note, none_is_leaf=True, namespace=NAMESPACE)
    return tuple(found)


def unflatten(spec: Any, leaves: Sequence[Any]) -> Any:
    return optree.tree_unflatten(spec, leaves)


def _register_dataclass(kind: type) -> None:
    names = [f.name for f in dataclasses.fields(kind) if f.init]

    def take_apart(item: Any) -> tuple[list[Any], None, list[str]]:
        return [getattr(item, name) for name in names], None, names

    def put_together(_: Any, children: Any) -> Any:
        return kind(**dict(zip(names, children, strict=True)))

    optree.register_pytree_node(
        kind, take_apart, put_together, path_entry_type=optree.GetAttrEntry, namespace=NAMESPACE
    )
