import CTorchRuntime

/// Splits `0..<count` over the thread pool in ranges of at least `grain`; runs inline where two threads would not pay.
@inline(__always)
package func parallelFor(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
  if count <= grain {
    if count > 0 { body(0..<count) }
    return
  }
  withoutActuallyEscaping(body) { body in
    var box = RangeBody(run: body)
    withUnsafeMutablePointer(to: &box) { pointer in
      ct_parallel_for(
        count, grain,
        { context, begin, end, _ in
          context!.assumingMemoryBound(to: RangeBody.self).pointee.run(begin..<end)
        }, pointer)
    }
  }
}

private struct RangeBody {
  let run: (Range<Int>) -> Void
}

/// How many threads one op may use, as `torch.get_num_threads`: 1 in a data loader's worker.
public func numThreads() -> Int { ct_serial_depth() > 0 ? 1 : Int(ct_num_threads()) }

/// Sets how many threads one op may use, as `torch.set_num_threads`.
///
/// The start value is OMP_NUM_THREADS, else the processors this process may run on.
/// - Precondition: `count` is positive.
public func setNumThreads(_ count: Int) {
  if count < 1 { fault("setNumThreads", "wants at least 1 thread, got \(count)") }
  ct_set_num_threads(Int32(clamping: count))
}
