# SPDX-License-Identifier: Apache-2.0
# The compiled module: what is in it comes from the header, which no type checker of Python reads.
from typing import Any, Callable, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

class _FFI:
    NULL: Any
    def def_extern(self, *, error: int = ...) -> Callable[[_Function], _Function]: ...
    def __getattr__(self, name: str) -> Any: ...

ffi: _FFI
lib: Any
