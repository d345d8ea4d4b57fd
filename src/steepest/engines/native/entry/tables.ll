; The tables that the code reads, as `tables.py` lays them out.
;
; One piece of code serves every function. What differs stands here: which arguments fit, what must still hold, what the
; kernel is, and how its results are put together.

%Callable  = type { i64, ptr, ptr, ptr, i64 }                     ; head; code; first entry; calls under way
%Array     = type { i64, ptr, ptr, i32, ptr, ptr, ptr, ptr, i32 } ; head; data; ndim; shape; strides; base; dtype; flags
%Entry     = type { ptr, i64, ptr, ptr, ptr, %Table, %Table, %Table, %Table, %Table, %Kernel }
                  ; next; calls answered; traces under way; method; api; arguments, conditions, constants, outputs, result
%Table     = type { i64, ptr }                                    ; rows; where they are
%Argument  = type { i64, ptr, ptr, ptr, i64, ptr }                ; kind; type or object; other type; dtype; ndim; shape
%Condition = type { i64, ptr, ptr, ptr, ptr, i64 }                ; kind; place or dict; key; object; version of dict; seen
%Output    = type { i64, ptr, i64, ptr, i64, ptr, i64 }           ; kind; dtype or type; ndim; shape; scratch; seen or maker; count
%Step      = type { i64, i64, ptr }                               ; kind; number; object
%Kernel    = type { ptr, ptr, i64, i64, i64, ptr, i64, i64, i64 }
                  ; code; externals; status that declines; scratch bytes; workspace bytes; spare workspace; lets go of GIL;
                  ; may set an exception; how many outputs are guards
%Api       = type [20 x ptr]                                       ; routines of Python and NumPy, in the order of `routines.py`

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
