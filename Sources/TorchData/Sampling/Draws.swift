// How samplers draw, and draw late: what torch writes as generator functions.

import Torch

/// The elements of chunks that are made when they are needed, until there is none.
func inChunks(_ nextChunk: @escaping () -> [Int]?) -> AnyIterator<Int> {
  var chunk: [Int] = []
  var position = 0
  return AnyIterator {
    while position == chunk.count {
      guard let next = nextChunk() else { return nil }
      (chunk, position) = (next, 0)
    }
    defer { position += 1 }
    return chunk[position]
  }
}

/// The elements of one array that is made when the first one is asked for.
func once(_ make: @escaping () -> [Int]) -> AnyIterator<Int> {
  var isMade = false
  return inChunks {
    if isMade { return nil }
    isMade = true
    return make()
  }
}

/// The iterator of a sampler whose type is not known here.
func erased<Element>(_ sampler: any Sampler<Element>) -> AnyIterator<Element> {
  func open<S: Sampler>(_ sampler: S) -> AnyIterator<Element> where S.Element == Element {
    AnyIterator(sampler.makeIterator())
  }
  return open(sampler)
}

extension Generator {
  /// A number as `torch.empty((), dtype=torch.int64).random_()` gives it.
  func drawSeed() -> UInt64 { next64() & UInt64(Int64.max) }

  /// The numbers of `torch.randperm(count)`.
  func permutation(_ count: Int) -> [Int] {
    integers(count) { $0.fillPermutation($1) }
  }

  /// The numbers of `torch.randint(bound, (count,))`.
  func integers(below bound: Int, count: Int) -> [Int] {
    Tensor.randint(bound, [count], generator: self).array(Int.self)
  }

  /// The numbers of `torch.multinomial`, from weights that are right.
  func multinomial(_ weights: [Double], samples: Int, replacement: Bool) -> [Int] {
    integers(samples) { twister, out in
      weights.withUnsafeBufferPointer {
        twister.fillMultinomial(out, weights: $0, columns: $0.count, samples: samples, replacement: replacement)
      }
    }
  }

  private func integers(
    _ count: Int, fill: (inout MersenneTwister, UnsafeMutableBufferPointer<Int64>) -> Void
  ) -> [Int] {
    let numbers = withTwister { twister in
      [Int64](unsafeUninitializedCapacity: count) { buffer, filled in
        fill(&twister, UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        filled = count
      }
    }
    return numbers.map { Int($0) }
  }
}
