"""From a service model to rows: each operation's members that name something, and the structures on the way there."""

import re
from collections.abc import Iterator
from typing import Any

from operation_model.classes import class_of
from operation_model.kinds import NEEDED, STRUCTURES, Leaf, kind_of

Model = dict[str, Any]
PLACES = {"uri": "label", "querystring": "query", "header": "header"}


class ServiceGraph:
    """One service model, and which of its structures lead to a member that names something."""

    def __init__(self, service: str, model: Model) -> None:
        self.service = service
        self.rest = model["metadata"]["protocol"] == "rest-json"
        self.operations: Model = model["operations"]
        self._all: Model = model["shapes"]
        self._kinds = self._reached()

    def row(self, name: str) -> Model:
        """What the table says of one operation; what is empty is left out."""
        operation = self.operations[name]
        row: Model = {"http": request_line(operation)} if self.rest else {}
        row["class"] = ""
        row |= query_names(self._all, operation)
        row |= self._members(operation["input"]["shape"]) if "input" in operation else {}
        row["class"] = class_of(self.service, name, self.kinds_of(row))
        return row

    def kinds_of(self, row: Model) -> set[str]:
        """Every kind that an operation's row leads to."""
        outside = {kind for place in PLACES.values() for kind in row.get(place, {}).values()}
        body = self._kinds[row["body"]] if "body" in row else set()
        return outside | body | ({row["payload"]} if "payload" in row else set())

    def shapes(self, rows: dict[str, Model]) -> dict[str, Model]:
        """Every structure that a walk from these rows enters, by name."""
        left = [row["body"] for row in rows.values() if "body" in row]
        found: dict[str, Model] = {}
        while left:
            name = left.pop()
            if name not in found:
                found[name] = self._shape(name)
                left.extend(to[1:] for to in found[name].values() if to and to[0] == "#")
        return dict(sorted(found.items()))

    def needed(self, shapes: Model) -> Model:
        """By structure among these, what of NEEDED is said of its members."""
        found: Model = {}
        for key, values in NEEDED.items():
            structure, _, member = key.partition(".")
            if structure in shapes and member in self._all[structure]["members"]:
                found.setdefault(structure, {})[member] = values
        return found

    def members(self) -> dict[str, Model]:
        """Every member of every structure that a request can hold, with the structure it leads to, "" where to none.

        Lists are taken off; `{}` before the structure stands for each map around it.
        """
        found: dict[str, Model] = {}
        for structure in sorted(self._requested()):
            row = found[structure] = {}
            for member, reference in sorted(self._all[structure].get("members", {}).items()):
                containers, inside = self._inside(reference["shape"])
                maps = containers.replace("[]", "")
                row[member] = maps + inside if self._is_structure(inside) else ""
        return found

    def leaves(self) -> Iterator[Leaf]:
        """Every string, blob and document that a request of the service can hold."""
        for structure in sorted(self._requested()):
            for member, reference in self._all[structure].get("members", {}).items():
                leaf = self._leaf(structure, member, reference)
                if leaf is not None:
                    yield leaf

    def _members(self, name: str) -> Model:
        row: Model = {}
        for place in PLACES.values():
            if named := self._bound(name, place):
                row[place] = named
        return row | self._body(name)

    def _bound(self, name: str, place: str) -> Model:
        named = {}
        for member, reference in sorted(self._all[name]["members"].items()):
            if PLACES.get(reference.get("location", "")) == place:
                leaf = self._leaf(name, member, reference)
                kind = None if leaf is None else kind_of(leaf)
                if kind is not None:
                    named[_key(member, reference)] = kind
        return named

    def _body(self, name: str) -> Model:
        payload = self._all[name].get("payload")
        if payload is None:
            return {"body": name} if self._kinds[name] else {}
        reference = self._all[name]["members"][payload]
        shape = self._all[reference["shape"]]
        if shape["type"] != "structure" or shape.get("eventstream"):
            leaf = self._leaf(name, payload, reference)
            kind = "payload" if leaf is None else kind_of(leaf)
            return {"payload": kind, "body_member": payload} if kind else {}
        named = self._kinds[reference["shape"]]
        held = {"body_member": payload}
        return held | {"body": reference["shape"]} if named else held

    def _shape(self, name: str) -> Model:
        """Wire names to what they lead to: a kind, `#` and a structure, or None."""
        found = {}
        for member, reference in sorted(self._all[name]["members"].items()):
            if reference.get("location") is None:
                containers, target = self._inside(reference["shape"])
                to = self._leads(name, member, reference, target)
                if to == "document":  # a map of documents is one: its keys are the caller's own too
                    containers = containers.partition("{}")[0]
                found[_key(member, reference) + (containers if to else "")] = to
        return found

    def _leads(self, name: str, member: str, reference: Model, target: str) -> str | None:
        if self._is_structure(target) and f"{name}.{member}" not in STRUCTURES:
            return f"#{target}" if self._kinds[target] else None
        leaf = self._leaf(name, member, reference)
        return None if leaf is None else kind_of(leaf)

    def _leaf(self, structure: str, member: str, reference: Model) -> Leaf | None:
        _, target = self._inside(reference["shape"])
        shape = self._all[target]
        opaque = shape["type"] == "blob" or bool(shape.get("document"))
        if shape["type"] != "string" and not opaque and f"{structure}.{member}" not in STRUCTURES:
            return None
        documentation = reference.get("documentation", "") + " " + shape.get("documentation", "")
        return Leaf(
            structure=structure,
            member=member,
            shape=target,
            pattern=shape.get("pattern", ""),
            documentation=re.sub("<[^>]+>", "", documentation),
            opaque=opaque,
            enumerated="enum" in shape,
        )

    def _inside(self, name: str) -> tuple[str, str]:
        """A shape with its lists and maps taken off: `[]{}` and so on, and what is inside."""
        containers = ""
        shape = self._all[name]
        while shape["type"] in ("list", "map"):
            containers += "[]" if shape["type"] == "list" else "{}"
            name = shape["member" if shape["type"] == "list" else "value"]["shape"]
            shape = self._all[name]
        return containers, name

    def _is_structure(self, name: str) -> bool:
        return self._all[name]["type"] == "structure" and not self._all[name].get("document")

    def _requested(self) -> set[str]:
        """The structures that some request can hold."""
        left = [op["input"]["shape"] for op in self.operations.values() if "input" in op]
        found: set[str] = set()
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left.extend(self._insides(name))
        return found

    def _insides(self, name: str) -> list[str]:
        """The structures directly inside one."""
        references = self._all[name].get("members", {}).values()
        insides = [self._inside(reference["shape"])[1] for reference in references]
        return [inside for inside in insides if self._is_structure(inside)]

    def _own_kinds(self, name: str) -> set[str]:
        """The kinds that a structure's own members of the body have."""
        members = self._all[name].get("members", {}).items()
        leaves = [self._leaf(name, m, to) for m, to in members if to.get("location") is None]
        return {kind for leaf in leaves if leaf is not None and (kind := kind_of(leaf)) is not None}

    def _reached(self) -> dict[str, set[str]]:
        """The kinds below each structure, in the body; repeated until nothing grows, so recursion needs no care."""
        edges = {name: self._insides(name) for name in self._requested()}
        kinds = {name: self._own_kinds(name) for name in edges}
        grown = True
        while grown:
            grown = False
            for name, below in edges.items():
                more = set().union(*(kinds[inside] for inside in below)) - kinds[name]
                kinds[name] |= more
                grown = grown or bool(more)
        return kinds


def request_lines(model: Model) -> dict[str, Model]:
    """Each operation of a rest-json service with what its request line may be, and no more."""
    return {
        name: {"http": request_line(operation)} | query_names(model["shapes"], operation)
        for name, operation in sorted(model["operations"].items())
    }


def request_line(operation: Model) -> str:
    """Method and template."""
    return f"{operation['http']['method']} {operation['http']['requestUri']}"


def query_names(shapes: Model, operation: Model) -> Model:
    """The names that the query string may hold, as a row has them."""
    members = shapes[operation["input"]["shape"]]["members"] if "input" in operation else {}
    names = sorted(
        reference.get("locationName", member)
        for member, reference in members.items()
        if reference.get("location") == "querystring"
    )
    return {"params": names} if names else {}


def _key(member: str, reference: Model) -> str:
    """`member`, or `member as name` where the wire has another name for it."""
    name = reference.get("locationName", member)
    return member if name == member else f"{member} as {name}"
