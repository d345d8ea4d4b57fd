; The result as Python has it.

; The result from the outputs, by steps that work on a stack: put an output or a fixed object, gather some in a tuple,
; list or dict, call a class with a tuple or dict. Null with an exception set: out of memory, or the class raised it.
define internal ptr @assemble(ptr %entry, ptr %api, ptr %objects, ptr %scratch) alwaysinline {
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
                                   i64 4, label %last
                                   i64 5, label %dict
                                   i64 6, label %by_position
                                   i64 7, label %by_name
                                   i64 8, label %numbers ]

numbers:
  %numbers_at = getelementptr %Step, ptr %row, i32 0, i32 2
  %numbers_table = load ptr, ptr %numbers_at
  %tuple_of_numbers = call ptr @tuple_of_numbers(ptr %numbers_table, i64 %number, ptr %api, ptr %scratch)
  %no_numbers = icmp eq ptr %tuple_of_numbers, null
  br i1 %no_numbers, label %failed, label %push

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

tuple:                                   ; takes over the references
  %new_tuple_at = getelementptr %Api, ptr %api, i32 0, i32 13
  %new_tuple = load ptr, ptr %new_tuple_at
  %items_offset_at = getelementptr %Api, ptr %api, i32 0, i32 14
  %items_offset = load i64, ptr %items_offset_at
  %below_tuple = sub i64 %height, %number
  %moved = getelementptr ptr, ptr %stack, i64 %below_tuple
  %new_row = call ptr %new_tuple(i64 %number)
  %no_tuple = icmp eq ptr %new_row, null
  br i1 %no_tuple, label %failed, label %place

place:
  %j_place = phi i64 [ 0, %tuple ], [ %j_place_next, %placed ]
  %places_left = icmp slt i64 %j_place, %number
  br i1 %places_left, label %placed, label %push

placed:
  %moved_at = getelementptr ptr, ptr %moved, i64 %j_place
  %moved_object = load ptr, ptr %moved_at
  %items_of_tuple = getelementptr i8, ptr %new_row, i64 %items_offset
  %place_at = getelementptr ptr, ptr %items_of_tuple, i64 %j_place
  store ptr %moved_object, ptr %place_at
  %j_place_next = add i64 %j_place, 1
  br label %place

list:
  %new_at = getelementptr %Api, ptr %api, i32 0, i32 15
  %new = load ptr, ptr %new_at
  %put_at = getelementptr %Api, ptr %api, i32 0, i32 16
  %put = load ptr, ptr %put_at
  %gathered = call ptr %new(i64 %number)
  %refused = icmp eq ptr %gathered, null
  %below = sub i64 %height, %number
  br i1 %refused, label %failed, label %items

items:
  %i = phi i64 [ 0, %list ], [ %i_next, %item ]
  %items_left = icmp slt i64 %i, %number
  br i1 %items_left, label %item, label %push

item:                                    ; the list takes over the reference
  %from = add i64 %below, %i
  %item_at = getelementptr ptr, ptr %stack, i64 %from
  %item_object = load ptr, ptr %item_at
  call i32 %put(ptr %gathered, i64 %i, ptr %item_object)
  %i_next = add i64 %i, 1
  br label %items

dict:
  %new_dict_at = getelementptr %Api, ptr %api, i32 0, i32 20
  %new_dict = load ptr, ptr %new_dict_at
  %put_in_dict_at = getelementptr %Api, ptr %api, i32 0, i32 21
  %put_in_dict = load ptr, ptr %put_in_dict_at
  %keys_at = getelementptr %Step, ptr %row, i32 0, i32 2
  %keys = load ptr, ptr %keys_at
  %below_dict = sub i64 %height, %number
  %values = getelementptr ptr, ptr %stack, i64 %below_dict
  %mapping = call ptr %new_dict()
  %no_dict = icmp eq ptr %mapping, null
  br i1 %no_dict, label %failed, label %pairs

pairs:
  %j = phi i64 [ 0, %dict ], [ %j_next, %pair_put ]
  %pairs_left = icmp slt i64 %j, %number
  br i1 %pairs_left, label %pair, label %paired

pair:                                    ; the dict holds a reference of its own
  %key_at = getelementptr ptr, ptr %keys, i64 %j
  %key = load ptr, ptr %key_at
  %value_at = getelementptr ptr, ptr %values, i64 %j
  %value = load ptr, ptr %value_at
  %trouble = call i32 %put_in_dict(ptr %mapping, ptr %key, ptr %value)
  %is_put = icmp eq i32 %trouble, 0
  br i1 %is_put, label %pair_put, label %half_done

pair_put:
  %j_next = add i64 %j, 1
  br label %pairs

half_done:
  %let_go_at = getelementptr %Api, ptr %api, i32 0, i32 17
  %let_go = load ptr, ptr %let_go_at
  call void %let_go(ptr %mapping)
  br label %failed

paired:
  call void @drop(ptr %api, ptr %values, i64 %number)
  br label %push

by_position:
  br label %make

by_name:
  br label %make

make:                                    ; what the class is called with is on top of the stack
  %named = phi i1 [ false, %by_position ], [ true, %by_name ]
  %class_at = getelementptr %Step, ptr %row, i32 0, i32 2
  %class = load ptr, ptr %class_at
  %top_number = sub i64 %height, 1
  %given_at = getelementptr ptr, ptr %stack, i64 %top_number
  %given = load ptr, ptr %given_at
  %empty_at = getelementptr %Api, ptr %api, i32 0, i32 23
  %empty = load ptr, ptr %empty_at
  %positions = select i1 %named, ptr %empty, ptr %given
  %names = select i1 %named, ptr %given, ptr null
  %make_at = getelementptr %Api, ptr %api, i32 0, i32 22
  %make_it = load ptr, ptr %make_at
  %instance = call ptr %make_it(ptr %class, ptr %positions, ptr %names)
  %not_made = icmp eq ptr %instance, null
  br i1 %not_made, label %failed, label %is_made

is_made:
  call void @drop(ptr %api, ptr %given_at, i64 1)
  br label %push

push:
  %object = phi ptr [ %output_object, %output ], [ %last_object, %last ], [ %fixed_object, %fixed ], [ %new_row, %place ],
                    [ %gathered, %items ], [ %mapping, %paired ], [ %instance, %is_made ],
                    [ %tuple_of_numbers, %numbers ]
  %base = phi i64 [ %height, %output ], [ %height, %last ], [ %height, %fixed ], [ %below_tuple, %place ],
                  [ %below, %items ], [ %below_dict, %paired ], [ %top_number, %is_made ], [ %height, %numbers ]
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

; A tuple of float64 numbers: that of the last call with its numbers, as far as the caller has let go of them. It holds
; nothing but numbers, so that to keep it is cheap. Null with an exception set: out of memory.
define internal ptr @tuple_of_numbers(ptr %numbers, i64 %count, ptr %api, ptr %scratch) alwaysinline {
start:
  %let_go_at = getelementptr %Api, ptr %api, i32 0, i32 17
  %items_offset_at = getelementptr %Api, ptr %api, i32 0, i32 14
  %items_offset = load i64, ptr %items_offset_at
  %offsets_at = getelementptr %Numbers, ptr %numbers, i32 0, i32 3
  %offsets = load ptr, ptr %offsets_at
  %last = load ptr, ptr %numbers
  %is_first = icmp eq ptr %last, null
  br i1 %is_first, label %make, label %counted

counted:
  %references = load i64, ptr %last
  %is_mine_alone = icmp eq i64 %references, 1
  br i1 %is_mine_alone, label %again, label %leave_it

again:                                   ; one reference stays here, one is the caller's
  store i64 2, ptr %last
  br label %more

leave_it:
  store ptr null, ptr %numbers
  %let_go_of_last = load ptr, ptr %let_go_at
  call void %let_go_of_last(ptr %last)
  br label %make

make:
  %new_at = getelementptr %Api, ptr %api, i32 0, i32 13
  %new = load ptr, ptr %new_at
  %made = call ptr %new(i64 %count)
  %refused = icmp eq ptr %made, null
  br i1 %refused, label %failed, label %remember

remember:                                ; likewise
  store ptr %made, ptr %numbers
  %keep_at = getelementptr %Api, ptr %api, i32 0, i32 10
  %keep = load ptr, ptr %keep_at
  call void %keep(ptr %made)
  br label %more

more:
  %tuple = phi ptr [ %last, %again ], [ %made, %remember ], [ %tuple, %set ]
  %k = phi i64 [ 0, %again ], [ 0, %remember ], [ %k_next, %set ]
  %left = icmp slt i64 %k, %count
  br i1 %left, label %one, label %done

one:
  %items = getelementptr i8, ptr %tuple, i64 %items_offset
  %item_at = getelementptr ptr, ptr %items, i64 %k
  %item = load ptr, ptr %item_at
  %absent = icmp eq ptr %item, null
  br i1 %absent, label %fresh, label %held

held:
  %item_references = load i64, ptr %item
  %only_here = icmp eq i64 %item_references, 1
  br i1 %only_here, label %set, label %fresh

fresh:
  %type_at = getelementptr %Numbers, ptr %numbers, i32 0, i32 1
  %type = load ptr, ptr %type_at
  %maker_at = getelementptr %Numbers, ptr %numbers, i32 0, i32 2
  %maker = load ptr, ptr %maker_at
  %number = call ptr %maker(ptr %type, i64 0)
  %no_number = icmp eq ptr %number, null
  br i1 %no_number, label %give_up, label %put

put:
  store ptr %number, ptr %item_at
  br i1 %absent, label %set, label %let_go_of_item

let_go_of_item:
  %let_go_then = load ptr, ptr %let_go_at
  call void %let_go_then(ptr %item)
  br label %set

set:                                     ; the value behind its head
  %object = phi ptr [ %item, %held ], [ %number, %put ], [ %number, %let_go_of_item ]
  %offset_at = getelementptr i64, ptr %offsets, i64 %k
  %offset = load i64, ptr %offset_at
  %value_at = getelementptr i8, ptr %scratch, i64 %offset
  %value = load double, ptr %value_at
  %place = getelementptr %Array, ptr %object, i32 0, i32 2
  store double %value, ptr %place
  %k_next = add i64 %k, 1
  br label %more

give_up:
  store ptr null, ptr %numbers
  %let_go = load ptr, ptr %let_go_at
  call void %let_go(ptr %tuple)
  call void %let_go(ptr %tuple)
  br label %failed

done:
  ret ptr %tuple

failed:
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
