; Arguments that are containers.

; Puts what is in the containers behind the arguments, in the order of the table, and holds it. How many objects there are
; then: fewer than the entry says where a container is not as expected.
define internal i64 @take_apart(ptr %entry, ptr %api, ptr %objects) noinline {
start:
  %arguments_at = getelementptr %Entry, ptr %entry, i32 0, i32 12
  %arguments = load i64, ptr %arguments_at
  %count_at = getelementptr %Entry, ptr %entry, i32 0, i32 11, i32 0
  %count = load i64, ptr %count_at
  %rows_at = getelementptr %Entry, ptr %entry, i32 0, i32 11, i32 1
  %rows = load ptr, ptr %rows_at
  %hold_at = getelementptr %Api, ptr %api, i32 0, i32 10
  %hold = load ptr, ptr %hold_at
  br label %more

more:
  %k = phi i64 [ 0, %start ], [ %k_next, %next ]
  %known = phi i64 [ %arguments, %start ], [ %known_now, %next ]
  %left = icmp slt i64 %k, %count
  br i1 %left, label %one, label %done

one:
  %row = getelementptr %Part, ptr %rows, i64 %k
  %kind = load i64, ptr %row
  %wanted_at = getelementptr %Part, ptr %row, i32 0, i32 1
  %wanted = load ptr, ptr %wanted_at
  %from_at = getelementptr %Part, ptr %row, i32 0, i32 2
  %from = load i64, ptr %from_at
  %items_at = getelementptr %Part, ptr %row, i32 0, i32 3
  %items = load i64, ptr %items_at
  %keys_at = getelementptr %Part, ptr %row, i32 0, i32 4
  %keys = load ptr, ptr %keys_at
  %size_at = getelementptr %Part, ptr %row, i32 0, i32 5
  %size = load ptr, ptr %size_at
  %get_at = getelementptr %Part, ptr %row, i32 0, i32 6
  %get = load ptr, ptr %get_at
  %container_at = getelementptr ptr, ptr %objects, i64 %from
  %container = load ptr, ptr %container_at
  %type_at = getelementptr %Array, ptr %container, i32 0, i32 1
  %type = load ptr, ptr %type_at
  %right_type = icmp eq ptr %type, %wanted
  br i1 %right_type, label %sized, label %done

sized:
  %unsized = icmp eq ptr %size, null
  br i1 %unsized, label %each, label %measure

measure:
  %length = call i64 %size(ptr %container)
  %right_length = icmp eq i64 %length, %items
  br i1 %right_length, label %arranged, label %done

arranged:
  %dict = icmp eq i64 %kind, 1
  br i1 %dict, label %compare, label %each

compare:
  %order = getelementptr ptr, ptr %keys, i64 %items
  %right_order = call i1 @in_order(ptr %api, ptr %container, i64 %items, ptr %order)
  br i1 %right_order, label %each, label %done

each:
  %i = phi i64 [ 0, %sized ], [ 0, %arranged ], [ 0, %compare ], [ %i_next, %put ]
  %known_now = phi i64 [ %known, %sized ], [ %known, %arranged ], [ %known, %compare ], [ %known_next, %put ]
  %items_left = icmp slt i64 %i, %items
  br i1 %items_left, label %item, label %next

item:
  switch i64 %kind, label %by_position [ i64 1, label %by_key
                                         i64 2, label %by_name ]

by_position:
  %there = call ptr %get(ptr %container, i64 %i)
  br label %borrowed

by_key:
  %key_at = getelementptr ptr, ptr %keys, i64 %i
  %key = load ptr, ptr %key_at
  %under_key = call ptr %get(ptr %container, ptr %key)
  br label %borrowed

borrowed:
  %lent = phi ptr [ %there, %by_position ], [ %under_key, %by_key ]
  %absent = icmp eq ptr %lent, null
  br i1 %absent, label %gone, label %take

take:
  call void %hold(ptr %lent)
  br label %put

by_name:                                 ; this one gives a reference
  %name_at = getelementptr ptr, ptr %keys, i64 %i
  %name = load ptr, ptr %name_at
  %attribute = call ptr %get(ptr %container, ptr %name)
  %unknown = icmp eq ptr %attribute, null
  br i1 %unknown, label %gone, label %put

put:
  %found = phi ptr [ %lent, %take ], [ %attribute, %by_name ]
  %place = getelementptr ptr, ptr %objects, i64 %known_now
  store ptr %found, ptr %place
  %known_next = add i64 %known_now, 1
  %i_next = add i64 %i, 1
  br label %each

next:
  %k_next = add i64 %k, 1
  br label %more

gone:                                    ; a lookup that fails may have set an exception: Python will say what is wrong
  %clear_at = getelementptr %Api, ptr %api, i32 0, i32 6
  %clear = load ptr, ptr %clear_at
  call void %clear()
  ret i64 %known_now

done:
  ret i64 %known
}

; Whether the keys of a dict are these, in this order: the function may go by it. A key is told by identity, or by being equal
; and of the same type, one of Python's own.
define internal i1 @in_order(ptr %api, ptr %dict, i64 %count, ptr %order) noinline {
start:
  %position = alloca i64
  %key_at = alloca ptr
  store i64 0, ptr %position
  %next_at = getelementptr %Api, ptr %api, i32 0, i32 25
  %next = load ptr, ptr %next_at
  br label %more

more:
  %k = phi i64 [ 0, %start ], [ %k_next, %same ]
  %left = icmp slt i64 %k, %count
  br i1 %left, label %one, label %yes

one:
  %there = call i32 %next(ptr %dict, ptr %position, ptr %key_at, ptr null)
  %ended = icmp eq i32 %there, 0
  br i1 %ended, label %no, label %look

look:
  %key = load ptr, ptr %key_at
  %wanted_at = getelementptr ptr, ptr %order, i64 %k
  %wanted = load ptr, ptr %wanted_at
  %identical = icmp eq ptr %key, %wanted
  br i1 %identical, label %same, label %typed

typed:
  %type_at = getelementptr %Array, ptr %key, i32 0, i32 1
  %type = load ptr, ptr %type_at
  %wanted_type_at = getelementptr %Array, ptr %wanted, i32 0, i32 1
  %wanted_type = load ptr, ptr %wanted_type_at
  %like = icmp eq ptr %type, %wanted_type
  br i1 %like, label %compare, label %no

compare:
  %equal_at = getelementptr %Api, ptr %api, i32 0, i32 26
  %equal = load ptr, ptr %equal_at
  %found = call i32 %equal(ptr %key, ptr %wanted, i32 2)
  %is_equal = icmp eq i32 %found, 1
  br i1 %is_equal, label %same, label %no

same:
  %k_next = add i64 %k, 1
  br label %more

yes:
  ret i1 true

no:
  ret i1 false
}
