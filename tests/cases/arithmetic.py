"""Arithmetic as it stands on a page: `2 x (100 - 60) = 80`, with no names but a few functions."""

import ast
import operator
import re
from collections.abc import Callable
from math import inf, sqrt

OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max, "sqrt": sqrt}
ROUNDING = 1e-9


def value_of(text: str) -> float:
    """The number that an expression comes to; SyntaxError or KeyError where it is none."""
    written = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text.strip().replace(" x ", " * "))
    return float(_value(ast.parse(written, mode="eval").body))


def _value(node: ast.AST) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id="inf"):
            return inf
        case ast.BinOp(left=left, op=sign, right=right):
            return OPERATORS[type(sign)](_value(left), _value(right))
        case ast.UnaryOp(op=sign, operand=operand):
            return OPERATORS[type(sign)](_value(operand))
        case ast.Call(func=ast.Name(id=name), args=args):
            return FUNCTIONS[name](*(_value(one) for one in args))
    raise SyntaxError(ast.dump(node))


def wrong_sums(working: str) -> list[str]:
    """The equations of a working that do not hold.

    Steps are parted by semicolons; words before an equation end with a colon, words after it begin
    with a comma. The last number of an equation may be rounded to the digits that are shown.
    """
    steps = [step.rpartition(":")[2] for step in working.split(";") if "=" in step]
    return [step.strip() for step in steps if not _holds(step)]


def _holds(step: str) -> bool:
    *parts, shown = (part.strip() for part in step.split("="))
    shown = shown.partition(", ")[0]
    digits = len(shown.partition(".")[2])
    values = [value_of(part) for part in parts]
    near = 0.5 * 10.0**-digits if digits else ROUNDING
    return all(abs(value - value_of(shown)) <= near + ROUNDING for value in values)
