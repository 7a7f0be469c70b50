import CTorchKernels
import Foundation
import Testing
import TorchBackend

/// The kernels that move elements against naive loops, on random shapes, layouts and numbers, for each instruction set
/// here. Each runs in a child process, since the instruction set is a setting of the whole process.
@Suite struct MoveTests {
  @Test(arguments: 0...2) func copy(_ level: Int) async { await inChild(level, .move(.copy)) }
  @Test(arguments: 0...2) func gather(_ level: Int) async { await inChild(level, .move(.gather)) }
  @Test(arguments: 0...2) func scatter(_ level: Int) async { await inChild(level, .move(.scatter)) }
  @Test(arguments: 0...2) func index(_ level: Int) async { await inChild(level, .move(.index)) }
  @Test(arguments: 0...2) func sort(_ level: Int) async { await inChild(level, .move(.sort)) }
  @Test(arguments: 0...2) func nonzero(_ level: Int) async { await inChild(level, .move(.nonzero)) }
}

enum MoveFamily: String, Codable, Sendable { case copy, gather, scatter, index, nonzero, sort }

/// Runs kernels and tells where they differ from loops over one element at a time.
struct MoveCheck {
  static let dtypes: [DType] = [
    .float32, .float64, .float16, .bfloat16, .int64, .int32, .int16, .int8, .uint8, .bool,
  ]
  let cpu = CPUBackend.shared
  var draws: Draws
  var complaints: [String] = []

  init(seed: UInt64) { draws = Draws(seed) }

  func run(_ family: MoveFamily) -> [String] {
    var copy = self
    switch family {
    case .copy: copy.copies()
    case .gather: copy.gathers()
    case .scatter: copy.scatters()
    case .index: copy.indices()
    case .nonzero: copy.nonzeros()
    case .sort: copy.sorts()
    }
    return copy.complaints
  }

  mutating func complain(_ text: String) { if complaints.count < 20 { complaints.append(text) } }

  // Copies.

  private mutating func copies() {
    // Sizes around the blocks of a transpose, and thin ones that are woven.
    let sizes = [1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 33, 64, 65, 130]
    for dtype in Self.dtypes {
      for round in 0..<rounds(60) {
        let rank = 1 + draws.below(5)
        var shape = Shape((0..<rank).map { _ in sizes[draws.below(rank > 3 ? 5 : 14)] })
        // Some are large enough for two threads.
        if round % 10 == 0 { shape = Shape([sizes[draws.below(5)], 65 + draws.below(200), 130 + draws.below(300)]) }
        let x = operand(shape, dtype)
        let target = round % 3 == 0 ? Self.dtypes[draws.below(Self.dtypes.count)] : dtype
        let out = place(shape, target)
        cpu.copy(x, into: out)
        var bad = 0
        for i in 0..<shape.elementCount where number(out, i) != converted(number(x, i), to: target) { bad += 1 }
        if bad > 0 {
          complain(
            "copy \(dtype.name) to \(target.name) \(shape.brackets), strides \(x.layout.strides.brackets) to \(out.layout.strides.brackets): \(bad) differ"
          )
        }
      }
    }
  }

  private func converted(_ value: Double, to dtype: DType) -> Double {
    dtype == .bool ? (value != 0 ? 1 : 0) : value
  }

  // Operands.

  /// Whole numbers from 0 to 100 under a random layout: dense, permuted, stretched, with gaps, or from the end backwards.
  mutating func operand(_ shape: Shape, _ dtype: DType) -> Strided {
    var layout = layout(shape, gap: draws.below(3) == 0 ? 2 : 1, stretches: true)
    let extent = layout.storageExtent
    if shape.elementCount > 0 {
      for dim in 0..<shape.count where draws.below(6) == 0 {
        layout.offset += (shape[dim] - 1) * layout.strides[dim]
        layout.strides[dim] = -layout.strides[dim]
      }
    }
    let memory = cpu.allocate(Layout(contiguous: Shape([extent])), dtype: dtype)
    for i in 0..<extent { store(Double(draws.below(dtype == .bool ? 2 : 101)), memory, at: i) }
    return memory.with(layout)
  }

  /// Memory for a result under a random layout in which no two elements share a place.
  mutating func place(_ shape: Shape, _ dtype: DType) -> Strided {
    let layout = layout(shape, gap: draws.below(4) == 0 ? 3 : 1, stretches: false)
    let memory = cpu.allocate(Layout(contiguous: Shape([Swift.max(layout.storageExtent, 1)])), dtype: dtype)
    memset(memory.pointer, 0, memory.count * dtype.itemSize)
    return memory.with(layout)
  }

  private mutating func layout(_ shape: Shape, gap: Int, stretches: Bool) -> Layout {
    var strides = shape
    var step = gap
    var dims = Array(0..<shape.count)
    switch draws.below(3) {
    case 0: dims.reverse()
    case 1: for i in dims.indices { dims.swapAt(i, draws.below(dims.count)) }
    default: break
    }
    for dim in dims {
      let stretched = stretches && shape[dim] > 1 && draws.below(8) == 0
      strides[dim] = stretched ? 0 : step
      if !stretched { step *= Swift.max(shape[dim], 1) + (draws.below(5) == 0 ? 1 : 0) }
    }
    return Layout(shape: shape, strides: strides, offset: draws.below(3))
  }

  // Single elements.

  /// The element at a row-major index.
  func number(_ x: Strided, _ index: Int) -> Double {
    load(x, at: x.layout.position(ofLinear: index))
  }

  func load(_ x: Strided, at place: Int) -> Double { x.dtype.visit(Load(p: x.storage.base, place: place)) }
  func store(_ value: Double, _ x: Strided, at place: Int) {
    x.dtype.visit(Store(p: x.storage.base, place: place, value: value))
  }
}

private struct Load: ElementVisitor {
  let p: UnsafeMutableRawPointer, place: Int
  func visit<T: Element>(_ type: T.Type) -> Double {
    p.load(fromByteOffset: place * MemoryLayout<T>.stride, as: T.self).math.double
  }
}

private struct Store: ElementVisitor {
  let p: UnsafeMutableRawPointer, place: Int, value: Double
  func visit<T: Element>(_ type: T.Type) {
    p.storeBytes(of: T(scalar: .double(value)), toByteOffset: place * MemoryLayout<T>.stride, as: T.self)
  }
}
