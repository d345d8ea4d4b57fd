"""How a row is sorted: runs of eight by the number of entries that come before each, then merged two by two.

Stable, and without branches that depend on the entries, but where one of two runs ends. Keys and places lie in two
halves of a workspace in turns; behind the row come the largest keys, which stay there.
"""

from __future__ import annotations

from string import Template

RUN = 8  # entries that are sorted in registers


def _ranks() -> str:
    """How many entries of a run come before each: those that are less, and equal ones in front of it."""
    lines = []
    for j in range(RUN):
        later = ", ".join(f"i1 {'true' if lane > j else 'false'}" for lane in range(RUN))
        lines += [
            f"  %one{j} = shufflevector <8 x i64> %run, <8 x i64> poison, <8 x i32> <{', '.join([f'i32 {j}'] * RUN)}>",
            f"  %less{j} = icmp slt <8 x i64> %one{j}, %run",
            f"  %same{j} = icmp eq <8 x i64> %one{j}, %run",
            f"  %front{j} = and <8 x i1> %same{j}, <{later}>",
            f"  %ahead{j} = or <8 x i1> %less{j}, %front{j}",
            f"  %count{j} = zext <8 x i1> %ahead{j} to <8 x i64>",
            f"  %rank{j} = add <8 x i64> {f'%rank{j - 1}' if j else 'zeroinitializer'}, %count{j}",
        ]
    for j in range(RUN):
        lines += [
            f"  %r{j} = extractelement <8 x i64> %rank{RUN - 1}, i64 {j}",
            f"  %k{j} = extractelement <8 x i64> %run, i64 {j}",
            f"  %to{j} = add nsw i64 %base, %r{j}",
            f"  %from{j} = add nsw i64 %base, {j}",
            f"  %key.to{j} = getelementptr inbounds i64, ptr %work, i64 %to{j}",
            f"  %place.to{j} = getelementptr inbounds i64, ptr %places, i64 %to{j}",
            f"  store i64 %k{j}, ptr %key.to{j}",
            f"  store i64 %from{j}, ptr %place.to{j}",
        ]
    return "\n".join(lines)


SORT = Template("""define internal void @sort.{type}(ptr %x, i64 %n, ptr %out, ptr %work) nounwind {{
entry:
  %above = add nsw i64 %n, 7
  %size = and i64 %above, -8
  %double = shl i64 %size, 1
  %places = getelementptr inbounds i64, ptr %work, i64 %size
  %other = getelementptr inbounds i64, ptr %work, i64 %double
  br label %keys
keys:
  %i = phi i64 [ 0, %entry ], [ %i.next, %keyed ]
  %more = icmp slt i64 %i, %size
  br i1 %more, label %key, label %runs
key:
  %is = icmp slt i64 %i, %n
  br i1 %is, label %given, label %keyed
given:
  %at = getelementptr inbounds {type}, ptr %x, i64 %i
  %entry.i = load {type}, ptr %at
  %own = call i64 @key.last.{type}({type} %entry.i)
  br label %keyed
keyed:
  %key.i = phi i64 [ 9223372036854775807, %key ], [ %own, %given ]
  %key.at = getelementptr inbounds i64, ptr %work, i64 %i
  store i64 %key.i, ptr %key.at
  %i.next = add nsw i64 %i, 1
  br label %keys
runs:
  %base = phi i64 [ 0, %keys ], [ %base.next, %ranked ]
  %unsorted = icmp slt i64 %base, %size
  br i1 %unsorted, label %ranked, label %passes
ranked:
  %run.at = getelementptr inbounds i64, ptr %work, i64 %base
  %run = load <8 x i64>, ptr %run.at, align 8
$ranks
  %base.next = add nsw i64 %base, 8
  br label %runs
passes:
  %width = phi i64 [ 8, %runs ], [ %width.next, %merged ]
  %source = phi ptr [ %work, %runs ], [ %target, %merged ]
  %target = phi ptr [ %other, %runs ], [ %source, %merged ]
  %apart = icmp slt i64 %width, %size
  br i1 %apart, label %pass, label %sorted
pass:
  %width.next = shl i64 %width, 1
  %source.places = getelementptr inbounds i64, ptr %source, i64 %size
  %target.places = getelementptr inbounds i64, ptr %target, i64 %size
  br label %pairs
pairs:
  %low = phi i64 [ 0, %pass ], [ %high, %joined ]
  %left = icmp slt i64 %low, %size
  br i1 %left, label %pair, label %merged
pair:
  %middle.far = add nsw i64 %low, %width
  %middle = call i64 @llvm.smin.i64(i64 %middle.far, i64 %size)
  %high.far = add nsw i64 %middle, %width
  %high = call i64 @llvm.smin.i64(i64 %high.far, i64 %size)
  br label %merge
merge:
  %k = phi i64 [ %low, %pair ], [ %k.next, %step ]
  %a = phi i64 [ %low, %pair ], [ %a.next, %step ]
  %b = phi i64 [ %middle, %pair ], [ %b.next, %step ]
  %a.is = icmp slt i64 %a, %middle
  %b.is = icmp slt i64 %b, %high
  %both = and i1 %a.is, %b.is
  br i1 %both, label %step, label %rest
step:
  %a.at = getelementptr inbounds i64, ptr %source, i64 %a
  %b.at = getelementptr inbounds i64, ptr %source, i64 %b
  %a.key = load i64, ptr %a.at
  %b.key = load i64, ptr %b.at
  %right = icmp slt i64 %b.key, %a.key
  %right.one = zext i1 %right to i64
  %left.one = xor i64 %right.one, 1
  %taken = call i64 @llvm.smin.i64(i64 %a.key, i64 %b.key)
  %difference = sub nsw i64 %b, %a
  %jump = mul nsw i64 %difference, %right.one
  %from = add nsw i64 %a, %jump
  %place.at = getelementptr inbounds i64, ptr %source.places, i64 %from
  %place = load i64, ptr %place.at
  %key.to = getelementptr inbounds i64, ptr %target, i64 %k
  %place.to = getelementptr inbounds i64, ptr %target.places, i64 %k
  store i64 %taken, ptr %key.to
  store i64 %place, ptr %place.to
  %a.next = add nsw i64 %a, %left.one
  %b.next = add nsw i64 %b, %right.one
  %k.next = add nsw i64 %k, 1
  br label %merge
rest:
  %rest.from = select i1 %a.is, i64 %a, i64 %b
  %rest.count = sub nsw i64 %high, %k
  %rest.bytes = shl i64 %rest.count, 3
  %rest.keys = getelementptr inbounds i64, ptr %source, i64 %rest.from
  %rest.places = getelementptr inbounds i64, ptr %source.places, i64 %rest.from
  %rest.keys.to = getelementptr inbounds i64, ptr %target, i64 %k
  %rest.places.to = getelementptr inbounds i64, ptr %target.places, i64 %k
  call void @llvm.memcpy.p0.p0.i64(ptr %rest.keys.to, ptr %rest.keys, i64 %rest.bytes, i1 false)
  call void @llvm.memcpy.p0.p0.i64(ptr %rest.places.to, ptr %rest.places, i64 %rest.bytes, i1 false)
  br label %joined
joined:
  br label %pairs
merged:
  br label %passes
sorted:
  %found = getelementptr inbounds i64, ptr %source, i64 %size
  %bytes = shl i64 %n, 3
  call void @llvm.memcpy.p0.p0.i64(ptr %out, ptr %found, i64 %bytes, i1 false)
  ret void
}}""").substitute(ranks=_ranks())
