"""Classes of the package: instances, attributes, settings that read the environment, and exceptions."""

from __future__ import annotations

import ast
import builtins

from policypack.python import callbacks, calling, domain, expressions
from policypack.python.domain import EMPTY, UNKNOWN, Scope, Value, Values, either, single
from policypack.python.libraries import external
from policypack.python.model import Text
from policypack.python.modules import AnyFunction
from policypack.python.reader import Arguments, Reader

SETTINGS = ("pydantic_settings.BaseSettings", "pydantic.BaseSettings")
PROPERTIES = {"property", "cached_property", "functools.cached_property", "functools.property"}
FIELDS = (
    "dataclasses.dataclass",
    "attr.s",
    "attrs.define",
    "attrs.frozen",
    "attr.define",
    "pydantic.dataclasses.dataclass",
)
CALLED = frozenset({"__init__", "__post_init__", "__call__", "__init_subclass__", "__getattr__"})
"""Methods that Python calls at known times."""
FIELD_BASES = ("typing.NamedTuple", "pydantic.BaseModel", "msgspec.Struct", *SETTINGS)


def mro(owner: domain.ClassValue, reader: Reader) -> list[domain.ClassValue | domain.External]:
    """A class and what it derives from, nearest first."""
    order: list[domain.ClassValue | domain.External] = [owner]
    for base in owner.bases:
        if isinstance(base, domain.ClassValue) and base not in order and len(order) < 12:
            order += mro(base, reader)
        elif isinstance(base, domain.External):
            order.append(base)
    return order


def instantiate(reader: Reader, cls: domain.ClassValue, arguments: Arguments, node: ast.expr, scope: Scope) -> Values:
    """An instance, once its constructor has been read."""
    instance = domain.Instance(cls, (scope.module.file, node.lineno, node.col_offset))
    self: Values = single(instance)
    (reader.by_environment.discard if reader.sure else reader.by_environment.add)(instance)
    above_it = mro(cls, reader)
    if not _has(reader, cls, "__init__") and _has_fields(reader, cls, above_it):
        _fill(reader, instance, arguments, scope, above_it)
        constructors: Values = attribute(reader, instance, "__post_init__")
        arguments = Arguments()
    else:
        constructors = attribute(reader, instance, "__init__")
    if callbacks.is_derived(reader, cls):
        reader.escaped[cls] = None
    for name in _implicit(reader, cls):
        for value in attribute(reader, instance, name):
            if isinstance(value, domain.FunctionValue):
                reader.escaped[value] = None
    calling.run_all(reader, constructors, arguments)
    return self


def _implicit(reader: Reader, cls: domain.ClassValue) -> set[str]:
    """The methods of a class that Python calls by itself: `__exit__`, `__iter__`, `__del__`."""
    names = {
        name
        for ancestor in mro(cls, reader)
        if isinstance(ancestor, domain.ClassValue)
        for name in ancestor.scope.names
    }
    return {name for name in names if name.startswith("__") and name.endswith("__")} - CALLED


def _has(reader: Reader, cls: domain.ClassValue, name: str) -> bool:
    return any(
        isinstance(ancestor, domain.ClassValue) and name in ancestor.scope.names for ancestor in mro(cls, reader)
    )


def _has_fields(reader: Reader, cls: domain.ClassValue, above_it: list[domain.ClassValue | domain.External]) -> bool:
    decorated = {
        value.name
        for decorator in cls.node.decorator_list
        for value in expressions.value(
            reader, decorator.func if isinstance(decorator, ast.Call) else decorator, cls.scope.outer or cls.scope
        )
        if isinstance(value, domain.External)
    }
    return bool(decorated & {*FIELDS}) or any(
        isinstance(ancestor, domain.External) and ancestor.name in FIELD_BASES for ancestor in above_it
    )


def _fill(
    reader: Reader,
    instance: domain.Instance,
    arguments: Arguments,
    scope: Scope,
    above_it: list[domain.ClassValue | domain.External],
) -> None:
    """Set each field to its argument or its default; a field of settings reads an environment variable."""
    reads = any(isinstance(ancestor, domain.External) and ancestor.name in SETTINGS for ancestor in above_it)
    fields: dict[str, tuple[ast.AnnAssign, Scope]] = {}
    for ancestor in reversed(above_it):
        if isinstance(ancestor, domain.ClassValue):
            for statement in ancestor.node.body:
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    fields[statement.target.id] = (statement, ancestor.scope)
    prefix = _prefix(instance.cls) if reads else ""
    for index, (name, (statement, inside)) in enumerate(fields.items()):
        value = arguments.get(name, index)
        if not value:
            default, alias = _default(reader, statement.value, inside)
            value = expressions.variable(Text((alias or f"{prefix}{name}".upper(),)), default) if reads else default
        if not value and statement.annotation is not None:
            value = external.annotated(reader, statement.annotation, scope)
        reader.put(instance, name, value or UNKNOWN)


def _prefix(cls: domain.ClassValue) -> str:
    """`env_prefix` in the configuration of a class of settings."""
    for node in ast.walk(cls.node):
        match node:
            case ast.keyword(arg="env_prefix", value=ast.Constant(value=str() as prefix)):
                return prefix
            case ast.Assign(targets=[ast.Name(id="env_prefix")], value=ast.Constant(value=str() as prefix)):
                return prefix
    return ""


def _default(reader: Reader, node: ast.expr | None, scope: Scope) -> tuple[Values, str]:
    """A field's default, and the variable that it is named after."""
    if node is None:
        return EMPTY, ""
    if not isinstance(node, ast.Call) or not _called(node).endswith(("field", "Field", "ib")):
        return expressions.value(reader, node, scope), ""
    default, alias = EMPTY, ""
    if node.args and not (isinstance(node.args[0], ast.Constant) and node.args[0].value is Ellipsis):
        default = expressions.value(reader, node.args[0], scope)
    for keyword in node.keywords:
        value = expressions.value(reader, keyword.value, scope)
        if keyword.arg == "default":
            default = value
        elif keyword.arg in ("default_factory", "factory"):
            default = calling.call_all(reader, value, Arguments(), node, scope)
        elif keyword.arg in ("env", "validation_alias", "alias"):
            fixed = [alias_text.constant for alias_text in domain.texts(value)]
            alias = fixed[0] or "" if fixed else ""
    return default, alias


def _called(node: ast.Call) -> str:
    return (
        node.func.id
        if isinstance(node.func, ast.Name)
        else node.func.attr
        if isinstance(node.func, ast.Attribute)
        else ""
    )


def attribute(reader: Reader, base: domain.Instance | domain.ClassValue | domain.Super, name: str) -> Values:
    """What an attribute of an instance or a class may be."""
    if isinstance(base, domain.Super):
        attributes = [attribute(reader, parent, name) for parent in base.bases if isinstance(parent, domain.ClassValue)]
        codes = [value for values in attributes for value in values if isinstance(value, domain.FunctionValue)]
        return frozenset(domain.FunctionValue(code.node, code.scope, base.self, code.cls) for code in codes)
    cls = base.cls if isinstance(base, domain.Instance) else base
    candidates = [reader.heap.get((base, name), EMPTY)] if isinstance(base, domain.Instance) else []
    for ancestor in mro(cls, reader):
        if isinstance(ancestor, domain.ClassValue):
            members = either((ancestor.scope.names.get(name, EMPTY), reader.heap.get((ancestor, name), EMPTY)))
            if members and not (
                any(candidates) and not any(isinstance(member, domain.FunctionValue) for member in members)
            ):
                candidates += [_bound(reader, member, base, ancestor, name) for member in members]
            if members:
                break
        elif not any(candidates):
            candidates.append(UNKNOWN)
    if not any(candidates) and isinstance(base, domain.Instance) and name != "__getattr__" and "." not in name:
        candidates.append(calling.method(reader, base, "__getattr__", Arguments((domain.text(name),))))
    return either(candidates)


def set_by_property(reader: Reader, owner: domain.Instance, name: str, values: Values) -> bool:
    """Whether an assignment to an attribute calls the setter of a property, which is read for these values."""
    setters = frozenset(
        value for value in attribute(reader, owner, f"{name}.setter") if isinstance(value, domain.FunctionValue)
    )
    calling.run_all(reader, setters, Arguments((values,)))
    return bool(setters)


def subclasses(reader: Reader, cls: domain.ClassValue) -> Values:
    """The classes of the package that derive from one."""
    below = [subclass for subclass in reader.classes.values() if subclass != cls and cls in mro(subclass, reader)]
    return domain.list_of(frozenset(below))


def _bound(
    reader: Reader, member: Value, base: domain.Instance | domain.ClassValue, owner: domain.ClassValue, name: str
) -> Values:
    if isinstance(member, domain.PartialValue) and member.binds:
        bound = either(_bound(reader, function, base, owner, name) for function in member.of)
        return single(domain.PartialValue(bound, member.args, member.keywords))
    if (
        not isinstance(member, domain.FunctionValue)
        or isinstance(member.node, ast.Lambda)
        or (member.scope is not owner.scope and not _is_wrapped(owner, name))
    ):
        return single(member)
    cls, instances = (base.cls, single(base)) if isinstance(base, domain.Instance) else (base, None)
    code = domain.FunctionValue(member.node, member.scope, receiver(member, instances, cls), owner)
    return calling.run(reader, code, Arguments()) if instances and _decorators(code) & PROPERTIES else single(code)


def _is_wrapped(owner: domain.ClassValue, name: str) -> bool:
    """Whether a class has a method of this name in a decorator, which may have put another function in its place."""
    return any(
        isinstance(statement, AnyFunction)
        and statement.name == name
        and statement.decorator_list
        and "staticmethod" not in map(ast.unparse, statement.decorator_list)
        for statement in owner.node.body
    )


def receiver(method: domain.FunctionValue, instances: Values | None, cls: domain.ClassValue) -> Values | None:
    """What a method is bound to: instances, its class, or nothing."""
    decorators = _decorators(method)
    if "staticmethod" in decorators:
        return None
    return single(cls) if "classmethod" in decorators else instances


def _decorators(code: domain.FunctionValue) -> set[str]:
    return {ast.unparse(decorator) for decorator in getattr(code.node, "decorator_list", ())}


def names_of(reader: Reader, owner: object) -> set[str]:
    """The names of a module's members, or of the methods and attributes of a class or an instance."""
    if isinstance(owner, domain.LoadedModule):
        return {*owner.scope.names}
    if not isinstance(owner, domain.Instance | domain.ClassValue):
        return set()
    cls = owner.cls if isinstance(owner, domain.Instance) else owner
    names = {name for holder, name in reader.heap if holder in (owner, cls)}
    return names.union(
        *(ancestor.scope.names for ancestor in mro(cls, reader) if isinstance(ancestor, domain.ClassValue))
    )


def above(scope: Scope) -> Values:
    """`super()`."""
    cls = scope.owner
    first = next(iter(scope.names.values()), EMPTY)
    return single(domain.Super(cls.bases, first)) if cls else UNKNOWN


def ancestors(classes: Values, depth: int = 8) -> set[str] | None:
    """The names of classes and of their bases; None if some are unknown."""
    names: set[str] = set()
    for value in classes:
        if isinstance(value, domain.External) and (known := builtin(value.name.removeprefix("builtins."))):
            names |= {cls.__name__ for cls in known.__mro__}
            continue
        above = ancestors(value.bases, depth - 1) if isinstance(value, domain.ClassValue) and depth else None
        if not isinstance(value, domain.ClassValue) or above is None:
            return None
        names |= {value.node.name, *above}
    return names or None


def builtin(name: str) -> type[BaseException] | None:
    """The exception of Python itself that has this name."""
    value = getattr(builtins, name, None)
    return value if isinstance(value, type) and issubclass(value, BaseException) else None


def raised_name(statement: ast.Raise) -> str:
    """The class that a `raise` names; empty if it raises the caught exception again."""
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    if isinstance(raised, ast.Attribute):
        return raised.attr
    return raised.id if isinstance(raised, ast.Name) else ""


def last_names(node: ast.expr | None) -> set[str]:
    """The last parts of the classes in an `except` or among the bases of a class."""
    if isinstance(node, ast.Tuple):
        return {name for element in node.elts for name in last_names(element)}
    if isinstance(node, ast.Attribute):
        return {node.attr}
    return {node.id} if isinstance(node, ast.Name) else set()
