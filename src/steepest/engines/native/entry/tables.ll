; The tables that the code reads, as `tables.py` lays them out.
;
; One piece of code serves every function. What differs stands here: which arguments fit, what must still hold, what the
; kernel is, and how its results are put together.

%Callable  = type { i64, ptr, ptr, ptr, i64 }                     ; head; code; first entry; calls under way
%Array     = type { i64, ptr, ptr, i32, ptr, ptr, ptr, ptr, i32 } ; head; data; ndim; shape; strides; base; dtype; flags
%Entry     = type { ptr, i64, ptr, ptr, ptr, %Table, %Table, %Table, %Table, %Table, %Kernel, %Table, i64, i64, %Table, i64 }
                  ; next; calls answered; traces under way; method; api; leaves, conditions, constants, outputs, result;
                  ; kernel; containers; how many arguments; how many objects with all that is in them; names of the
                  ; arguments; how many of these are passed without a name only
%Table     = type { i64, ptr }                                    ; rows; where they are
%Argument  = type { i64, ptr, ptr, ptr, i64, ptr, i64 }           ; kind; type or object; other type; dtype; ndim; shape; from
%Part      = type { i64, ptr, i64, i64, ptr, ptr, ptr }           ; kind; type; from; count; keys, of a dict twice; gives size; gives item
%Condition = type { i64, ptr, ptr, ptr, ptr, i64 }                ; kind; place, dict or array; key or argument; object or bytes; version
                  ; of dict; seen or count
%Output    = type { i64, ptr, i64, ptr, i64, ptr, i64 }           ; kind; dtype or type; ndim; shape; scratch; seen, maker or memory; count or last object
%Step      = type { i64, i64, ptr }                               ; kind; number; object
%Numbers   = type { ptr, ptr, ptr, ptr }                          ; tuple of the last call; type of a number; what makes one; in scratch
%Kernel    = type { ptr, ptr, i64, i64, i64, ptr, i64, i64, i64 }
                  ; code; externals; status that declines; scratch bytes; workspace bytes; spare workspace; lets go of GIL;
                  ; may set an exception; how many outputs are guards
%Api       = type [30 x ptr]                                       ; routines of Python and NumPy, and what else they share, in the order of `routines.py`

declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare i64 @llvm.vector.reduce.or.v8i64(<8 x i64>)
