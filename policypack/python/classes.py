"""Classes of the package: instances, attributes, settings that read the environment, and exceptions."""

from __future__ import annotations

import ast
import builtins

from policypack.python import callbacks, calling, expressions
from policypack.python.libraries import external
from policypack.python.model import Text
from policypack.python.reader import Arguments, Reader
from policypack.python.values import (
    EMPTY,
    UNKNOWN,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    LoadedModule,
    Scope,
    Super,
    Value,
    Values,
    either,
    list_of,
    one,
    text,
    texts,
)

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
"""Methods of which it is known when Python calls them."""
FIELD_BASES = ("typing.NamedTuple", "pydantic.BaseModel", "msgspec.Struct", *SETTINGS)


def lines_of(owner: ClassValue, reader: Reader) -> list[ClassValue | External]:
    """A class and what it derives from, nearest first."""
    found: list[ClassValue | External] = [owner]
    for base in owner.bases:
        if isinstance(base, ClassValue) and base not in found and len(found) < 12:
            found += lines_of(base, reader)
        elif isinstance(base, External):
            found.append(base)
    return found


def made(reader: Reader, cls: ClassValue, given: Arguments, node: ast.expr, scope: Scope) -> Values:
    """An instance, once its constructor has been read."""
    instance = Instance(cls, (scope.module.file, node.lineno, node.col_offset))
    self: Values = one(instance)
    above_it = lines_of(cls, reader)
    if not _has(reader, cls, "__init__") and _has_fields(reader, cls, above_it):
        _fill(reader, instance, given, scope, above_it)
        constructors: Values = attribute(reader, instance, "__post_init__")
        given = Arguments()
    else:
        constructors = attribute(reader, instance, "__init__")
    if callbacks.is_derived(reader, cls):
        reader.escaped[cls] = None
    for name in _implicit(reader, cls):
        for each in attribute(reader, instance, name):
            if isinstance(each, FunctionValue):
                reader.escaped[each] = None
    calling.run_all(reader, constructors, given)
    return self


def _implicit(reader: Reader, cls: ClassValue) -> set[str]:
    """The methods of a class that Python calls by itself: `__exit__`, `__iter__`, `__del__`."""
    names = {name for each in lines_of(cls, reader) if isinstance(each, ClassValue) for name in each.scope.names}
    return {name for name in names if name.startswith("__") and name.endswith("__")} - CALLED


def _has(reader: Reader, cls: ClassValue, name: str) -> bool:
    return any(isinstance(each, ClassValue) and name in each.scope.names for each in lines_of(cls, reader))


def _has_fields(reader: Reader, cls: ClassValue, above_it: list[ClassValue | External]) -> bool:
    decorated = {
        each.name
        for decorator in cls.node.decorator_list
        for each in expressions.value(
            reader, decorator.func if isinstance(decorator, ast.Call) else decorator, cls.scope.outer or cls.scope
        )
        if isinstance(each, External)
    }
    return bool(decorated & {*FIELDS}) or any(
        isinstance(each, External) and each.name in FIELD_BASES for each in above_it
    )


def _fill(
    reader: Reader, instance: Instance, given: Arguments, scope: Scope, above_it: list[ClassValue | External]
) -> None:
    """Give each field what is given for it, else its default; a field of settings is a variable of the environment."""
    reads = any(isinstance(each, External) and each.name in SETTINGS for each in above_it)
    fields: dict[str, tuple[ast.AnnAssign, Scope]] = {}
    for each in reversed(above_it):
        if isinstance(each, ClassValue):
            for statement in each.node.body:
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    fields[statement.target.id] = (statement, each.scope)
    prefix = _prefix(instance.cls) if reads else ""
    for index, (name, (statement, inside)) in enumerate(fields.items()):
        found = given.get(name, index)
        if not found:
            default, alias = _default(reader, statement.value, inside)
            found = expressions.variable(Text((alias or f"{prefix}{name}".upper(),)), default) if reads else default
        if not found and statement.annotation is not None:
            found = external.annotated(reader, statement.annotation, scope)
        reader.put(instance, name, found or UNKNOWN)


def _prefix(cls: ClassValue) -> str:
    """`env_prefix` in the configuration of a class of settings."""
    for node in ast.walk(cls.node):
        match node:
            case ast.keyword(arg="env_prefix", value=ast.Constant(value=str() as found)):
                return found
            case ast.Assign(targets=[ast.Name(id="env_prefix")], value=ast.Constant(value=str() as found)):
                return found
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
        found = expressions.value(reader, keyword.value, scope)
        if keyword.arg == "default":
            default = found
        elif keyword.arg in ("default_factory", "factory"):
            default = calling.call_all(reader, found, Arguments(), node, scope)
        elif keyword.arg in ("env", "validation_alias", "alias"):
            fixed = [each.constant for each in texts(found)]
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


def attribute(reader: Reader, base: Instance | ClassValue | Super, name: str) -> Values:
    """What an attribute of an instance or a class may be."""
    if isinstance(base, Super):
        found = [attribute(reader, each, name) for each in base.bases if isinstance(each, ClassValue)]
        codes = [each for values in found for each in values if isinstance(each, FunctionValue)]
        return frozenset(FunctionValue(each.node, each.scope, base.self, each.cls) for each in codes)
    cls = base.cls if isinstance(base, Instance) else base
    found_ones = [reader.heap.get((base, name), EMPTY)] if isinstance(base, Instance) else []
    for each in lines_of(cls, reader):
        if isinstance(each, ClassValue):
            held = either((each.scope.names.get(name, EMPTY), reader.heap.get((each, name), EMPTY)))
            if held and not (any(found_ones) and not any(isinstance(one, FunctionValue) for one in held)):
                found_ones += [_bound(reader, one, base, each) for one in held]
            if held:
                break
        elif not any(found_ones):
            found_ones.append(UNKNOWN)
    if not any(found_ones) and isinstance(base, Instance) and name != "__getattr__" and "." not in name:
        found_ones.append(calling.method(reader, base, "__getattr__", Arguments((text(name),))))
    return either(found_ones)


def set_by_property(reader: Reader, owner: Instance, name: str, values: Values) -> bool:
    """Whether an assignment to an attribute calls the setter of a property, which is read for these values."""
    setters = frozenset(each for each in attribute(reader, owner, f"{name}.setter") if isinstance(each, FunctionValue))
    calling.run_all(reader, setters, Arguments((values,)))
    return bool(setters)


def subclasses(reader: Reader, cls: ClassValue) -> Values:
    """The classes of the package that derive from one."""
    below = [each for each in reader.classes.values() if each != cls and cls in lines_of(each, reader)]
    return list_of(frozenset(below))


def _bound(reader: Reader, held: Value, base: Instance | ClassValue, owner: ClassValue) -> Values:
    if not isinstance(held, FunctionValue) or isinstance(held.node, ast.Lambda) or held.scope is not owner.scope:
        return one(held)
    cls, instances = (base.cls, one(base)) if isinstance(base, Instance) else (base, None)
    code = FunctionValue(held.node, held.scope, receiver(held, instances, cls), owner)
    return calling.run(reader, code, Arguments()) if instances and _decorators(code) & PROPERTIES else one(code)


def receiver(method: FunctionValue, instances: Values | None, cls: ClassValue) -> Values | None:
    """What a method is bound to: instances, its class, or nothing."""
    decorators = _decorators(method)
    if "staticmethod" in decorators:
        return None
    return one(cls) if "classmethod" in decorators else instances


def _decorators(code: FunctionValue) -> set[str]:
    return {ast.unparse(each) for each in getattr(code.node, "decorator_list", ())}


def names_of(reader: Reader, owner: object) -> set[str]:
    """The names of a module's members, or of the methods and attributes of a class or an instance."""
    if isinstance(owner, LoadedModule):
        return {*owner.scope.names}
    if not isinstance(owner, Instance | ClassValue):
        return set()
    cls = owner.cls if isinstance(owner, Instance) else owner
    found = {name for held, name in reader.heap if held in (owner, cls)}
    return found.union(*(each.scope.names for each in lines_of(cls, reader) if isinstance(each, ClassValue)))


def above(scope: Scope) -> Values:
    """`super()`."""
    cls = scope.owner
    first = next(iter(scope.names.values()), EMPTY)
    return one(Super(cls.bases, first)) if cls else UNKNOWN


def ancestors(classes: Values, depth: int = 8) -> set[str] | None:
    """The names of classes and of those that they derive from; None where they are not all known."""
    found: set[str] = set()
    for each in classes:
        if isinstance(each, External) and (known := builtin(each.name.removeprefix("builtins."))):
            found |= {one.__name__ for one in known.__mro__}
            continue
        above = ancestors(each.bases, depth - 1) if isinstance(each, ClassValue) and depth else None
        if not isinstance(each, ClassValue) or above is None:
            return None
        found |= {each.node.name, *above}
    return found or None


def builtin(name: str) -> type[BaseException] | None:
    """The exception of Python itself that has this name."""
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def raised_name(statement: ast.Raise) -> str:
    """The class that a `raise` names; empty where it raises anew what was caught."""
    raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    if isinstance(raised, ast.Attribute):
        return raised.attr
    return raised.id if isinstance(raised, ast.Name) else ""


def last_names(node: ast.expr | None) -> set[str]:
    """The last parts of the classes in an `except` or among the bases of a class."""
    if isinstance(node, ast.Tuple):
        return {name for each in node.elts for name in last_names(each)}
    if isinstance(node, ast.Attribute):
        return {node.attr}
    return {node.id} if isinstance(node, ast.Name) else set()
