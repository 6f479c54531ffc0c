"""Units of measure and currencies that are told apart; every other noun behind a number is a description."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unit:
    """A unit under its symbol; units of one ``dimension`` cannot be added without converting them."""

    symbol: str
    dimension: str


_WRITTEN = {
    ("km", "length"): "km kilometer kilometers kilometre kilometres",
    ("m", "length"): "m meter meters metre metres",
    ("cm", "length"): "cm centimeter centimeters centimetre centimetres",
    ("mm", "length"): "mm millimeter millimeters millimetre millimetres",
    ("mi", "length"): "mi mile miles",
    ("ft", "length"): "ft foot feet",
    ("in", "length"): "inch inches",
    ("yd", "length"): "yd yard yards",
    ("t", "mass"): "tonne tonnes",
    ("kg", "mass"): "kg kilogram kilograms kilo kilos",
    ("g", "mass"): "g gram grams",
    ("mg", "mass"): "mg milligram milligrams",
    ("lb", "mass"): "lb lbs pounds-weight",
    ("oz", "mass"): "oz ounce ounces",
    ("l", "volume"): "l liter liters litre litres",
    ("ml", "volume"): "ml milliliter milliliters millilitre millilitres",
    ("y", "time"): "year years yr yrs",
    ("month", "time"): "month months",
    ("week", "time"): "week weeks",
    ("d", "time"): "day days",
    ("h", "time"): "h hour hours hr hrs",
    ("min", "time"): "min minute minutes mins",
    ("s", "time"): "s sec second seconds secs",
    ("$", "money"): "$ dollar dollars usd",
    ("€", "money"): "€ euro euros eur",
    ("£", "money"): "£ gbp",
    ("¥", "money"): "¥ yen jpy",
    ("₹", "money"): "₹ rupee rupees inr",
    ("¢", "money"): "¢ cent cents",
    ("°C", "temperature"): "°c celsius",
    ("°F", "temperature"): "°f fahrenheit",
    ("dozen", "count"): "dozen dozens",
    ("km/h", "speed"): "km/h kph kmh",
    ("mph", "speed"): "mph",
}

UNITS = {word: Unit(*unit) for unit, words in _WRITTEN.items() for word in words.split()}

CURRENCIES = "$€£¥₹"


def unit_of(words: str) -> Unit | None:
    """The unit that the first of ``words`` names ("km", "dollars"), or ``None``."""
    first = words.strip().lower().rstrip(".").split()
    return UNITS.get(first[0]) if first else None
