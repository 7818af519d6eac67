# SPDX-License-Identifier: BSD-2-Clause-Patent
"""ONNX files as trees of messages: a strict reader and a deterministic writer.

An ONNX file is one protocol-buffer message. Reading it here, and not with the
``onnx`` package, keeps that package out of the requirements and closes a gap:
two readers of one file may disagree on what it says. So this one refuses
whatever a lenient reader would skip, merge or overwrite: unknown fields,
fields of the wrong type, and a single field given twice.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Union

Value = Union[int, bytes, str, "Message"]

#: Field number -> name and type of each message in onnx.proto (IR version 11).
#: Types: i integer, f and d floats, b bytes, s text, or the name of a message;
#: a capital letter or a ``*`` marks what may be repeated.
SCHEMA: dict[str, dict[int, tuple[str, str]]] = {
    name: {int(n): (field, kind) for n, field, kind in (f.split(":") for f in fields.split())}
    for name, fields in {
        "Model": "1:ir_version:i 2:producer_name:s 3:producer_version:s 4:domain:s"
        " 5:model_version:i 6:doc_string:s 7:graph:Graph 8:opset_import:*OperatorSet"
        " 14:metadata_props:*Entry 20:training_info:*Opaque 25:functions:*Function"
        " 26:configuration:*Opaque",
        "OperatorSet": "1:domain:s 2:version:i",
        "Entry": "1:key:s 2:value:s",
        "Graph": "1:node:*Node 2:name:s 5:initializer:*Tensor 10:doc_string:s"
        " 11:input:*ValueInfo 12:output:*ValueInfo 13:value_info:*ValueInfo"
        " 14:quantization_annotation:*Opaque 15:sparse_initializer:*SparseTensor"
        " 16:metadata_props:*Entry",
        "Node": "1:input:S 2:output:S 3:name:s 4:op_type:s 5:attribute:*Attribute"
        " 6:doc_string:s 7:domain:s 8:overload:s 9:metadata_props:*Entry"
        " 10:device_configurations:*Opaque",
        "Attribute": "1:name:s 2:f:f 3:i:i 4:s:b 5:t:Tensor 6:g:Graph 7:floats:F 8:ints:I"
        " 9:strings:B 10:tensors:*Tensor 11:graphs:*Graph 13:doc_string:s 14:tp:Type"
        " 15:type_protos:*Type 20:type:i 21:ref_attr_name:s 22:sparse_tensor:SparseTensor"
        " 23:sparse_tensors:*SparseTensor",
        "Tensor": "1:dims:I 2:data_type:i 3:segment:Opaque 4:float_data:F 5:int32_data:I"
        " 6:string_data:B 7:int64_data:I 8:name:s 9:raw_data:b 10:double_data:D"
        " 11:uint64_data:I 12:doc_string:s 13:external_data:*Entry 14:data_location:i"
        " 16:metadata_props:*Entry",
        "SparseTensor": "1:values:Tensor 2:indices:Tensor 3:dims:I",
        "ValueInfo": "1:name:s 2:type:Type 3:doc_string:s 4:metadata_props:*Entry",
        "Type": "1:tensor_type:TensorType 4:sequence_type:Opaque 5:map_type:Opaque"
        " 6:denotation:s 8:sparse_tensor_type:Opaque 9:optional_type:Opaque",
        "TensorType": "1:elem_type:i 2:shape:Shape",
        "Shape": "1:dim:*Dimension",
        "Dimension": "1:dim_value:i 2:dim_param:s 3:denotation:s",
        "Function": "1:name:s 4:input:S 5:output:S 6:attribute:S 7:node:*Node 8:doc_string:s"
        " 9:opset_import:*OperatorSet 10:domain:s 11:attribute_proto:*Attribute"
        " 12:value_info:*ValueInfo 13:overload:s 14:metadata_props:*Entry",
    }.items()
}
NUMBERS = {kind: {f: n for n, (f, _) in fields.items()} for kind, fields in SCHEMA.items()}

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
WIRE = {"i": VARINT, "d": FIXED64, "f": FIXED32}
#: More fields or deeper nesting than any network has: the reader's own bounds.
MAX_FIELDS = 200_000
MAX_NESTING = 64


class WireError(ValueError):
    """The bytes are not a well-formed message."""


class Message:
    """One message: its kind and the values of its fields, by name, in order."""

    def __init__(self, kind: str, **fields: Value | list[Value]) -> None:
        self.kind = kind
        self.fields: dict[str, list[Value]] = {}
        for name, value in fields.items():
            if name not in NUMBERS[kind]:
                raise KeyError(f"{kind} has no field {name}")
            self.fields[name] = list(value) if isinstance(value, list) else [value]

    def messages(self, name: str) -> list[Message]:
        """The messages of a repeated field."""
        return [v for v in self.fields.get(name, []) if isinstance(v, Message)]

    def message(self, name: str) -> Message:
        """The message in a single field; an empty one when absent."""
        return next(iter(self.messages(name)), Message(SCHEMA[self.kind][NUMBERS[self.kind][name]][1]))

    def texts(self, name: str) -> list[str]:
        """The strings of a repeated field."""
        return [v for v in self.fields.get(name, []) if isinstance(v, str)]

    def text(self, name: str) -> str:
        """The string of a field; empty where it is not set."""
        return next(iter(self.texts(name)), "")

    def integer(self, name: str, default: int = 0) -> int:
        """The integer of a field; 0 where it is not set."""
        value = next(iter(self.fields.get(name, [])), default)
        return value if isinstance(value, int) else default

    def integers(self, name: str) -> list[int]:
        """A repeated integer field, packed or not, as signed 64-bit numbers."""
        found: list[int] = []
        for value in self.fields.get(name, []):
            found += [value] if isinstance(value, int) else _packed(value)
        return found

    def data(self, name: str) -> bytes:
        """A bytes field, or the bytes of a packed one."""
        return b"".join(v for v in self.fields.get(name, []) if isinstance(v, bytes))


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for i in range(10):
        if at + i >= len(data):
            break
        byte = data[at + i]
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            value &= (1 << 64) - 1
            return (value - (1 << 64) if value >> 63 else value), at + i + 1
    raise WireError("a number runs past the end or over ten bytes")


def _packed(value: object) -> list[int]:
    data, at, found = memoryview(value if isinstance(value, bytes) else b""), 0, []
    while at < len(data):
        number, at = _varint(data, at)
        found.append(number)
        if len(found) > MAX_FIELDS:
            raise WireError(f"a list of more than {MAX_FIELDS} numbers")
    return found


def _fields(data: memoryview) -> Iterator[tuple[int, int, int | memoryview]]:
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        if wire == BYTES:
            size, at = _varint(data, at)
        elif wire in (FIXED32, FIXED64):
            size = 4 if wire == FIXED32 else 8
        else:
            raise WireError(f"wire type {wire}")
        if not 0 <= size <= len(data) - at:
            raise WireError(f"field {number} runs past the end")
        yield number, wire, data[at : at + size]
        at += size


class _Reader:
    def __init__(self) -> None:
        self.count = 0

    def read(self, kind: str, data: memoryview, nesting: int = 0) -> Message:
        if nesting > MAX_NESTING:
            raise WireError(f"messages nested deeper than {MAX_NESTING}")
        message, schema = Message(kind), SCHEMA[kind]
        for number, wire, value in _fields(data):
            self.count += 1
            if self.count > MAX_FIELDS:
                raise WireError(f"more than {MAX_FIELDS} fields")
            if number not in schema:
                raise WireError(f"{kind} has no field {number}")
            name, of = schema[number]
            values = message.fields.setdefault(name, [])
            if values and not (of[0] == "*" or (len(of) == 1 and of.isupper())):
                raise WireError(f"{kind}.{name} is given twice")
            values.append(self._value(f"{kind}.{name}", of, wire, value, nesting))
        return message

    def _value(self, where: str, of: str, wire: int, value: int | memoryview, nesting: int) -> Value:
        packed = of in ("I", "F", "D") and wire == BYTES
        if wire != WIRE.get(of.lower(), BYTES) and not packed:
            raise WireError(f"{where} has wire type {wire}")
        if isinstance(value, int):
            return value
        if of in ("s", "S"):
            try:
                return str(value, "utf-8")
            except UnicodeDecodeError as error:
                raise WireError(f"{where} is not UTF-8") from error
        if len(of) > 1 and of.strip("*") != "Opaque":
            return self.read(of.strip("*"), value, nesting + 1)
        return bytes(value)


def decode(data: bytes) -> Message:
    """The model in the bytes of an ONNX file, or :class:`WireError`."""
    return _Reader().read("Model", memoryview(data))


def _encode_varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode(message: Message) -> bytes:
    """The bytes of a message: fields in ascending order, nothing else decides."""
    parts: list[bytes] = []
    for number, (name, of) in sorted(SCHEMA[message.kind].items()):
        for value in message.fields.get(name, []):
            if isinstance(value, int):
                parts += [_encode_varint(number << 3), _encode_varint(value)]
                continue
            if isinstance(value, Message):
                value = encode(value)
            elif isinstance(value, str):
                value = value.encode()
            if of == "f":
                parts += [_encode_varint(number << 3 | FIXED32), value]
            else:
                parts += [_encode_varint(number << 3 | BYTES), _encode_varint(len(value)), value]
    return b"".join(parts)


def fixed32(value: float) -> bytes:
    """A float field's value."""
    return struct.pack("<f", value)
