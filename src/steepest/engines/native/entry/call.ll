; A call of a transformed function, from the interpreter to the kernel and back.
;
; Each entry of the callable is tried in turn. One that does not fit declines, and where all decline the Python method
; does the work. All of this runs with the GIL held, but for the kernel itself where it is long.

define ptr @call(ptr %self, ptr %arguments, i64 %count_and_flag, ptr %names) {
start:
  %first_at = getelementptr %Callable, ptr %self, i32 0, i32 3
  %first = load ptr, ptr %first_at
  %method_at = getelementptr %Entry, ptr %first, i32 0, i32 3
  %method = load ptr, ptr %method_at
  %api_at = getelementptr %Entry, ptr %first, i32 0, i32 4
  %api = load ptr, ptr %api_at
  %tracing_at = getelementptr %Entry, ptr %first, i32 0, i32 2
  %tracing = load ptr, ptr %tracing_at
  %traces = load i64, ptr %tracing
  %unnamed_count = and i64 %count_and_flag, 9223372036854775807
  %traced = icmp ne i64 %traces, 0
  br i1 %traced, label %slow, label %look

look:
  %unnamed = icmp eq ptr %names, null
  br i1 %unnamed, label %enter, label %named

named:                                   ; arguments by name, where they just follow the others
  %with_names = call i64 @count_in_order(ptr %first, ptr %api, i64 %unnamed_count, ptr %names)
  %in_order = icmp sge i64 %with_names, 0
  br i1 %in_order, label %enter, label %slow

enter:                                   ; entries are freed only while no call is under way
  %count = phi i64 [ %unnamed_count, %look ], [ %with_names, %named ]
  %under_way_at = getelementptr %Callable, ptr %self, i32 0, i32 4
  %before = load i64, ptr %under_way_at
  %more = add i64 %before, 1
  store i64 %more, ptr %under_way_at
  br label %try

try:
  %entry = phi ptr [ %first, %enter ], [ %next, %declined ]
  %result = call ptr @attempt(ptr %entry, ptr %arguments, i64 %count)
  %declines = icmp eq ptr %result, getelementptr (i8, ptr null, i64 1)
  br i1 %declines, label %declined, label %leave

declined:
  %next_at = getelementptr %Entry, ptr %entry, i32 0, i32 0
  %next = load ptr, ptr %next_at
  %none_left = icmp eq ptr %next, null
  br i1 %none_left, label %leave, label %try

leave:
  %outcome = phi ptr [ %result, %try ], [ null, %declined ]
  %answered = phi i1 [ true, %try ], [ false, %declined ]
  %after = load i64, ptr %under_way_at
  %fewer = sub i64 %after, 1
  store i64 %fewer, ptr %under_way_at
  br i1 %answered, label %done, label %slow

done:
  ret ptr %outcome

slow:
  %by_python = call ptr @call_method(ptr %self, ptr %arguments, i64 %count_and_flag, ptr %names, ptr %method, ptr %api)
  ret ptr %by_python
}

; How many arguments there are with those given by name, if these are the next parameters in their order; else -1.
define internal i64 @count_in_order(ptr %entry, ptr %api, i64 %count, ptr %names) noinline {
start:
  %known_at = getelementptr %Entry, ptr %entry, i32 0, i32 14, i32 0
  %known = load i64, ptr %known_at
  %rows_at = getelementptr %Entry, ptr %entry, i32 0, i32 14, i32 1
  %rows = load ptr, ptr %rows_at
  %nameless_at = getelementptr %Entry, ptr %entry, i32 0, i32 15
  %nameless = load i64, ptr %nameless_at
  %size_at = getelementptr %Api, ptr %api, i32 0, i32 1
  %size = load ptr, ptr %size_at
  %item_at = getelementptr %Api, ptr %api, i32 0, i32 24
  %item = load ptr, ptr %item_at
  %by_name = call i64 %size(ptr %names)
  %all = add i64 %count, %by_name
  %enough_before = icmp sge i64 %count, %nameless
  %enough_names = icmp sle i64 %all, %known
  %possible = and i1 %enough_before, %enough_names
  br i1 %possible, label %more, label %otherwise

more:
  %k = phi i64 [ 0, %start ], [ %k_next, %same ]
  %left = icmp slt i64 %k, %by_name
  br i1 %left, label %one, label %in_order

one:                                     ; names in calls are interned: the same text is the same object
  %given = call ptr %item(ptr %names, i64 %k)
  %number = add i64 %count, %k
  %expected_at = getelementptr ptr, ptr %rows, i64 %number
  %expected = load ptr, ptr %expected_at
  %is_it = icmp eq ptr %given, %expected
  br i1 %is_it, label %same, label %otherwise

same:
  %k_next = add i64 %k, 1
  br label %more

in_order:
  ret i64 %all

otherwise:
  ret i64 -1
}

; self.method(*arguments): the method call wants self in front of the arguments, where the caller may have left room.
define internal ptr @call_method(ptr %self, ptr %arguments, i64 %count_and_flag, ptr %names, ptr %method, ptr %api) noinline {
start:
  %vectorcall_at = getelementptr %Api, ptr %api, i32 0, i32 0
  %vectorcall = load ptr, ptr %vectorcall_at
  %count = and i64 %count_and_flag, 9223372036854775807
  %one_more = add i64 %count, 1
  %with_room = icmp slt i64 %count_and_flag, 0
  br i1 %with_room, label %in_place, label %measure

in_place:
  %front = getelementptr ptr, ptr %arguments, i64 -1
  %saved = load ptr, ptr %front
  store ptr %self, ptr %front
  %result = call ptr %vectorcall(ptr %method, ptr %front, i64 %one_more, ptr %names)
  store ptr %saved, ptr %front
  ret ptr %result

measure:
  %unnamed = icmp eq ptr %names, null
  br i1 %unnamed, label %copy, label %count_names

count_names:
  %tuple_size_at = getelementptr %Api, ptr %api, i32 0, i32 1
  %tuple_size = load ptr, ptr %tuple_size_at
  %by_name = call i64 %tuple_size(ptr %names)
  br label %copy

copy:
  %further = phi i64 [ 0, %measure ], [ %by_name, %count_names ]
  %passed = add i64 %count, %further
  %all = add i64 %passed, 1
  %copied = alloca ptr, i64 %all
  store ptr %self, ptr %copied
  %rest = getelementptr ptr, ptr %copied, i64 1
  %bytes = mul i64 %passed, 8
  call void @llvm.memcpy.p0.p0.i64(ptr %rest, ptr %arguments, i64 %bytes, i1 false)
  %result_of_copy = call ptr %vectorcall(ptr %method, ptr %copied, i64 %one_more, ptr %names)
  ret ptr %result_of_copy
}
