; The result as Python has it.

; The result from the outputs, by steps that work on a stack: put an output or a fixed object, gather some in a tuple
; or list. Null with an exception set: out of memory.
define internal ptr @assemble(ptr %entry, ptr %api, ptr %objects) alwaysinline {
start:
  %count_at = getelementptr %Entry, ptr %entry, i32 0, i32 9, i32 0
  %count = load i64, ptr %count_at
  %rows_at = getelementptr %Entry, ptr %entry, i32 0, i32 9, i32 1
  %rows = load ptr, ptr %rows_at
  %keep_at = getelementptr %Api, ptr %api, i32 0, i32 10
  %keep = load ptr, ptr %keep_at
  %stack = alloca ptr, i64 %count
  %single = icmp eq i64 %count, 1
  %first_kind = load i64, ptr %rows
  %moves = icmp eq i64 %first_kind, 4
  %at_once = and i1 %single, %moves
  br i1 %at_once, label %only, label %more

only:
  %only_number_at = getelementptr %Step, ptr %rows, i32 0, i32 1
  %only_number = load i64, ptr %only_number_at
  %only_at = getelementptr ptr, ptr %objects, i64 %only_number
  %only_object = load ptr, ptr %only_at
  store ptr null, ptr %only_at
  ret ptr %only_object

more:
  %k = phi i64 [ 0, %start ], [ %k_next, %push ]
  %height = phi i64 [ 0, %start ], [ %height_next, %push ]
  %left = icmp slt i64 %k, %count
  br i1 %left, label %one, label %done

one:
  %row = getelementptr %Step, ptr %rows, i64 %k
  %kind = load i64, ptr %row
  %number_at = getelementptr %Step, ptr %row, i32 0, i32 1
  %number = load i64, ptr %number_at
  switch i64 %kind, label %fixed [ i64 0, label %output
                                   i64 2, label %tuple
                                   i64 3, label %list
                                   i64 4, label %last ]

last:                                    ; the last use of an output takes it over
  %last_at = getelementptr ptr, ptr %objects, i64 %number
  %last_object = load ptr, ptr %last_at
  store ptr null, ptr %last_at
  br label %push

output:
  %output_at = getelementptr ptr, ptr %objects, i64 %number
  %output_object = load ptr, ptr %output_at
  call void %keep(ptr %output_object)
  br label %push

fixed:
  %fixed_at = getelementptr %Step, ptr %row, i32 0, i32 2
  %fixed_object = load ptr, ptr %fixed_at
  call void %keep(ptr %fixed_object)
  br label %push

tuple:
  %new_tuple_at = getelementptr %Api, ptr %api, i32 0, i32 13
  %put_in_tuple_at = getelementptr %Api, ptr %api, i32 0, i32 14
  br label %container

list:
  %new_list_at = getelementptr %Api, ptr %api, i32 0, i32 15
  %put_in_list_at = getelementptr %Api, ptr %api, i32 0, i32 16
  br label %container

container:
  %new_at = phi ptr [ %new_tuple_at, %tuple ], [ %new_list_at, %list ]
  %put_at = phi ptr [ %put_in_tuple_at, %tuple ], [ %put_in_list_at, %list ]
  %new = load ptr, ptr %new_at
  %put = load ptr, ptr %put_at
  %gathered = call ptr %new(i64 %number)
  %refused = icmp eq ptr %gathered, null
  %below = sub i64 %height, %number
  br i1 %refused, label %failed, label %items

items:
  %i = phi i64 [ 0, %container ], [ %i_next, %item ]
  %items_left = icmp slt i64 %i, %number
  br i1 %items_left, label %item, label %push

item:                                    ; the container takes over the reference
  %from = add i64 %below, %i
  %item_at = getelementptr ptr, ptr %stack, i64 %from
  %item_object = load ptr, ptr %item_at
  call i32 %put(ptr %gathered, i64 %i, ptr %item_object)
  %i_next = add i64 %i, 1
  br label %items

push:
  %object = phi ptr [ %output_object, %output ], [ %last_object, %last ], [ %fixed_object, %fixed ], [ %gathered, %items ]
  %base = phi i64 [ %height, %output ], [ %height, %last ], [ %height, %fixed ], [ %below, %items ]
  %top = getelementptr ptr, ptr %stack, i64 %base
  store ptr %object, ptr %top
  %height_next = add i64 %base, 1
  %k_next = add i64 %k, 1
  br label %more

done:
  %result = load ptr, ptr %stack
  ret ptr %result

failed:
  call void @drop(ptr %api, ptr %stack, i64 %height)
  ret ptr null
}

; Gives up a reference to each object there is.
define internal void @drop(ptr %api, ptr %objects, i64 %count) {
start:
  %let_go_at = getelementptr %Api, ptr %api, i32 0, i32 17
  br label %more

more:
  %k = phi i64 [ 0, %start ], [ %k_next, %next ]
  %left = icmp slt i64 %k, %count
  br i1 %left, label %one, label %done

one:
  %object_at = getelementptr ptr, ptr %objects, i64 %k
  %object = load ptr, ptr %object_at
  %absent = icmp eq ptr %object, null
  br i1 %absent, label %next, label %release

release:
  %let_go = load ptr, ptr %let_go_at
  call void %let_go(ptr %object)
  br label %next

next:
  %k_next = add i64 %k, 1
  br label %more

done:
  ret void
}
