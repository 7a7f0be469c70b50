import Foundation
import Testing
import TorchBackend

extension MoveCheck {
  /// Positions below `size`, under a random layout; from `lowest`.
  private mutating func positions(_ shape: Shape, _ lowest: Int, _ size: Int) -> Strided {
    let index = operand(shape, .int64)
    let places = Set((0..<shape.elementCount).map { index.layout.position(ofLinear: $0) })
    for place in places.sorted() { store(Double(lowest + draws.below(size - lowest)), index, at: place) }
    return index
  }

  private mutating func smallShape(_ rank: Int) -> Shape {
    Shape((0..<rank).map { _ in [1, 2, 3, 7, 16, 33, 70][draws.below(rank > 2 ? 5 : 7)] })
  }

  private func coordinates(_ linear: Int, _ shape: Shape) -> [Int] {
    var rest = linear
    var result = [Int](repeating: 0, count: shape.count)
    for dim in stride(from: shape.count - 1, through: 0, by: -1) {
      result[dim] = rest % shape[dim]
      rest /= shape[dim]
    }
    return result
  }

  private func place(_ x: Strided, _ at: [Int]) -> Int {
    x.layout.offset + at.indices.reduce(0) { $0 + at[$1] * x.layout.strides[$1] }
  }

  /// A dense copy of what is there, before a kernel writes.
  private func numbers(_ x: Strided) -> [Double] { (0..<x.shape.elementCount).map { number(x, $0) } }

  private func linear(_ at: [Int], _ shape: Shape) -> Int { at.indices.reduce(0) { $0 * shape[$1] + at[$1] } }

  mutating func gathers() {
    for dtype in Self.dtypes {
      for round in 0..<rounds(40) {
        var shape = smallShape(draws.below(4))
        if round % 10 == 0 { shape = Shape([200 + draws.below(60), 150 + draws.below(60)]) }
        let dim = draws.below(Swift.max(shape.count, 1))
        let x = operand(shape, dtype)
        var indexShape = shape
        for i in 0..<shape.count where i != dim { indexShape[i] = 1 + draws.below(shape[i]) }
        if shape.count > 0 && round % 10 != 0 { indexShape[dim] = 1 + draws.below(40) }
        let index = positions(indexShape, 0, shape.count == 0 ? 1 : shape[dim])
        let out = place(indexShape, dtype)
        cpu.gather(x, dim: dim, index: index, into: out)
        for i in 0..<indexShape.elementCount {
          var at = coordinates(i, indexShape)
          if !at.isEmpty { at[dim] = Int(number(index, i)) }
          if number(out, i) != load(x, at: place(x, at)) {
            complain("gather \(dtype.name) \(shape.brackets) dim \(dim), index \(indexShape.brackets): element \(i)")
            break
          }
        }
      }
    }
  }

  mutating func scatters() {
    for dtype in Self.dtypes {
      for mode in [ScatterMode.assign, .add, .multiply, .amax, .amin] {
        for round in 0..<rounds(16) {
          var shape = smallShape(draws.below(4))
          if round == 0 { shape = Shape([200 + draws.below(60), 150 + draws.below(60)]) }
          let dim = draws.below(Swift.max(shape.count, 1))
          var indexShape = shape
          for i in 0..<shape.count where i != dim { indexShape[i] = 1 + draws.below(shape[i]) }
          if shape.count > 0 && round > 0 { indexShape[dim] = 1 + draws.below(20) }
          let index = positions(indexShape, 0, shape.count == 0 ? 1 : shape[dim])
          let source = operand(indexShape, dtype)
          let out = place(shape, dtype)
          var wanted = numbers(out)
          for i in 0..<indexShape.elementCount {
            var at = coordinates(i, indexShape)
            if !at.isEmpty { at[dim] = Int(number(index, i)) }
            let to = linear(at, shape)
            wanted[to] = joined(mode, wanted[to], number(source, i), dtype)
          }
          cpu.scatter(source, dim: dim, index: index, mode: mode, into: out)
          if numbers(out) != wanted {
            complain("scatter \(mode) \(dtype.name) \(shape.brackets) dim \(dim), index \(indexShape.brackets)")
          }
        }
      }
    }
  }

  /// What the element's type makes of two numbers.
  private func joined(_ mode: ScatterMode, _ old: Double, _ new: Double, _ dtype: DType) -> Double {
    let value =
      switch mode {
      case .assign: new
      case .add: old + new
      case .multiply: old * new
      case .amax: Swift.max(old, new)
      case .amin: Swift.min(old, new)
      }
    switch dtype {
    case .bool: return value != 0 ? 1 : 0
    case .uint8: return Double(UInt8(truncatingIfNeeded: Int(value)))
    case .int8: return Double(Int8(truncatingIfNeeded: Int(value)))
    case .int16: return Double(Int16(truncatingIfNeeded: Int(value)))
    case .float16: return Double(Float16(value))
    case .bfloat16: return Double(BFloat16(value).float)
    default: return value
    }
  }

  mutating func indices() {
    for dtype in Self.dtypes {
      for round in 0..<rounds(60) {
        let indexed = 1 + draws.below(3), rest = draws.below(3)
        var shape = smallShape(indexed + rest)
        var indexShape = smallShape(1 + draws.below(2))
        if round % 12 == 0 { (shape, indexShape) = (Shape([90, 40 + draws.below(60)]), Shape([800])) }
        let used = round % 12 == 0 ? 1 : indexed
        let indices = (0..<used).map { positions(indexShape, -shape[$0], shape[$0]) }
        let blockShape = Shape(Array(indexShape) + Array(shape.dropFirst(used)))

        let x = operand(shape, dtype), out = place(blockShape, dtype)
        cpu.indexRead(x, indices: indices, dims: Array(indices.indices), countsFromEnd: true, into: out)
        let target = place(shape, dtype), source = operand(blockShape, dtype)
        let mode: ScatterMode = draws.below(2) == 0 ? .assign : .add
        var wanted = numbers(target)
        for i in 0..<blockShape.elementCount {
          let at = coordinates(i, blockShape)
          let position = linear(Array(at.prefix(indexShape.count)), indexShape)
          let named = (0..<used).map { k -> Int in
            let value = Int(number(indices[k], position))
            return value < 0 ? value + shape[k] : value
          }
          let from = named + at.dropFirst(indexShape.count)
          if number(out, i) != load(x, at: place(x, from)) {
            complain("index \(dtype.name) \(shape.brackets)[\(indexShape.brackets) x \(used)]: element \(i)")
            break
          }
          let to = linear(from, shape)
          wanted[to] = joined(mode, wanted[to], number(source, i), dtype)
        }
        cpu.indexWrite(
          source, indices: indices, dims: Array(indices.indices), countsFromEnd: true, mode: mode, into: target)
        if numbers(target) != wanted {
          complain("index_put \(mode) \(dtype.name) \(shape.brackets)[\(indexShape.brackets) x \(used)]")
        }
      }
    }
  }

  mutating func nonzeros() {
    for dtype in Self.dtypes {
      for round in 0..<rounds(20) {
        let shape = round % 5 == 0 ? Shape([3, 120 + draws.below(40), 300]) : smallShape(draws.below(4))
        let x = operand(shape, dtype)
        let density = draws.below(4)
        for place in 0..<x.layout.storageExtent
        where draws.below(4) > density && x.layout.strides.allSatisfy({ $0 > 0 }) {
          store(0, x, at: place)
        }
        let found = cpu.nonzero(x)
        var row = 0
        for i in 0..<shape.elementCount where number(x, i) != 0 {
          let at = coordinates(i, shape)
          let same =
            row < found.shape[0]
            && at.indices.allSatisfy { load(found, at: place(found, [row, $0])) == Double(at[$0]) }
          if !same {
            complain("nonzero \(dtype.name) \(shape.brackets): row \(row)")
            break
          }
          row += 1
        }
        if row != found.shape[0] {
          complain("nonzero \(dtype.name) \(shape.brackets): \(found.shape[0]) rows, \(row) wanted")
        }
      }
    }
  }
}

/// What an index out of bounds is answered with, on one thread and on two.
@Suite struct IndexFaultTests {
  @Test(arguments: [4, 100_000], [-1, 7]) func gather(_ count: Int, _ bad: Int) async {
    await #expect(processExitsWith: .failure) { [count = count as Int, bad = bad as Int] in
      let (x, index, out) = IndexFaultTests.operands(count, bad)
      CPUBackend.shared.gather(x, dim: 0, index: index, into: out)
    }
  }

  @Test(arguments: [4, 100_000], [-1, 7]) func scatter(_ count: Int, _ bad: Int) async {
    await #expect(processExitsWith: .failure) { [count = count as Int, bad = bad as Int] in
      let (x, index, out) = IndexFaultTests.operands(count, bad)
      CPUBackend.shared.scatter(out, dim: 0, index: index, mode: .add, into: x)
    }
  }

  @Test(arguments: [4, 100_000], [-8, 7]) func index(_ count: Int, _ bad: Int) async throws {
    let end = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [count = count as Int, bad = bad as Int] in
      let (x, index, out) = IndexFaultTests.operands(count, bad)
      CPUBackend.shared.indexWrite(out, indices: [index], dims: [0], countsFromEnd: true, mode: .assign, into: x)
    }
    let text = String(decoding: try #require(end).standardErrorContent, as: UTF8.self)
    #expect(text.contains("index \(bad) is out of bounds for dim 0 with size 7"))
  }

  private static func operands(_ count: Int, _ bad: Int) -> (Strided, Strided, Strided) {
    let cpu = CPUBackend.shared
    let x = cpu.allocate(Layout(contiguous: [7]), dtype: .float32)
    let index = cpu.allocate(Layout(contiguous: [count]), dtype: .int64)
    let out = cpu.allocate(Layout(contiguous: [count]), dtype: .float32)
    cpu.fill(x, with: .int(0))
    cpu.fill(index, with: .int(3))
    cpu.fill(out, with: .int(0))
    index.pointer.storeBytes(of: Int64(bad), toByteOffset: (count - 2) * 8, as: Int64.self)
    return (x, index, out)
  }
}
