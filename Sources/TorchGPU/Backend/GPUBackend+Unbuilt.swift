import TorchBackend

// Families that have no kernels yet: the processor computes them where the user allows it.

extension GPUBackend {
  package func argReduce(_ kernel: ReduceKernel, _ x: Strided, dim: Int, into out: Strided) {
    onCPU("arg\(kernel)", reads: [x], writes: [out]) { $0.argReduce(kernel, $1[0], dim: dim, into: $2[0]) }
  }

  package func scan(_ kernel: ScanKernel, _ x: Strided, dim: Int, into out: Strided, indices: Strided?) {
    onCPU("cum\(kernel)", reads: [x], writes: [out] + (indices.map { [$0] } ?? [])) {
      $0.scan(kernel, $1[0], dim: dim, into: $2[0], indices: indices == nil ? nil : $2[1])
    }
  }

  package func sort(_ x: Strided, dim: Int, descending: Bool, values: Strided, indices: Strided) {
    onCPU("sort", reads: [x], writes: [values, indices]) {
      $0.sort($1[0], dim: dim, descending: descending, values: $2[0], indices: $2[1])
    }
  }

  package func topk(_ x: Strided, dim: Int, largest: Bool, values: Strided, indices: Strided) {
    onCPU("topk", reads: [x], writes: [values, indices]) {
      $0.topk($1[0], dim: dim, largest: largest, values: $2[0], indices: $2[1])
    }
  }

  package func search(_ sorted: Strided, _ values: Strided, right: Bool, order: Strided?, into out: Strided) {
    onCPU("searchsorted", reads: [sorted, values] + (order.map { [$0] } ?? []), writes: [out]) {
      $0.search($1[0], $1[1], right: right, order: order == nil ? nil : $1[2], into: $2[0])
    }
  }

  package func gather(_ x: Strided, dim: Int, index: Strided, into out: Strided) {
    onCPU("gather", reads: [x, index], writes: [out]) { $0.gather($1[0], dim: dim, index: $1[1], into: $2[0]) }
  }

  package func scatter(_ source: Strided, dim: Int, index: Strided, mode: ScatterMode, into out: Strided) {
    onCPU("scatter", reads: [source, index], writes: [out]) {
      $0.scatter($1[0], dim: dim, index: $1[1], mode: mode, into: $2[0])
    }
  }

  package func indexRead(_ x: Strided, indices: [Strided], dims: [Int], countsFromEnd: Bool, into out: Strided) {
    onCPU("index", reads: [x] + indices, writes: [out]) {
      $0.indexRead($1[0], indices: Array($1.dropFirst()), dims: dims, countsFromEnd: countsFromEnd, into: $2[0])
    }
  }

  package func indexWrite(
    _ source: Strided, indices: [Strided], dims: [Int], countsFromEnd: Bool, mode: ScatterMode, into out: Strided
  ) {
    onCPU("index_put", reads: [source] + indices, writes: [out]) {
      $0.indexWrite(
        $1[0], indices: Array($1.dropFirst()), dims: dims, countsFromEnd: countsFromEnd, mode: mode, into: $2[0])
    }
  }

  package func nonzero(_ x: Strided) -> Strided {
    var found: Strided?
    onCPU("nonzero", reads: [x], writes: []) { cpu, reads, _ in found = cpu.contiguous(cpu.nonzero(reads[0])) }
    let out = allocate(Layout(contiguous: found!.shape), dtype: .int64)
    upload(found!, into: out)
    return out
  }

  package func runsRecurrence(in dtype: DType) -> Bool { false }
  package func recurrence(_ layer: RecurrentPass) { fault("recurrence", "\(name) runs recurrent layers step by step") }
  package func recurrenceGradient(_ layer: RecurrentPass) -> [Range<Int>] {
    fault("recurrence", "\(name) runs recurrent layers step by step")
  }

  package func random(_ draw: RandomDraw, from generator: inout MersenneTwister, into out: Strided) {
    // The draws are the processor's, so that a seed gives the same numbers everywhere.
    let drawn = CPUBackend.shared.allocate(Layout(contiguous: out.shape), dtype: out.dtype)
    CPUBackend.shared.random(draw, from: &generator, into: drawn)
    upload(drawn, into: out)
  }
}
