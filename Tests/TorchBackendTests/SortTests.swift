import Foundation
import Testing
import TorchBackend

extension MoveCheck {
  /// Sorts against the plain kernel, which sorts stably by comparing: many equal elements, NaN, -0, any layout.
  mutating func sorts() {
    let plain = CPUBackend(plainOnly: true)
    for dtype in Self.dtypes {
      for round in 0..<rounds(60) {
        let long = round % 20 == 0
        var shape = Shape((0..<draws.below(4)).map { _ in [1, 2, 3, 5, 39, 41, 100][draws.below(7)] })
        if long { shape = Shape([70_000 + draws.below(1000)]) }
        let dim = draws.below(Swift.max(shape.count, 1))
        let x = operand(shape, dtype)
        sprinkle(x, far: round % 3 == 0)
        let descending = draws.below(2) == 0
        let values = (place(shape, dtype), place(shape, dtype))
        let indices = (place(shape, .int64), place(shape, .int64))
        cpu.sort(x, dim: dim, descending: descending, values: values.0, indices: indices.0)
        plain.sort(x, dim: dim, descending: descending, values: values.1, indices: indices.1)
        for i in 0..<shape.elementCount {
          let (a, b) = (number(values.0, i), number(values.1, i))
          let same = (a == b && a.sign == b.sign || a.isNaN && b.isNaN) && number(indices.0, i) == number(indices.1, i)
          if !same {
            complain("sort \(dtype.name) \(shape.brackets) dim \(dim), descending \(descending): element \(i)")
            break
          }
        }
      }
    }
  }

  /// Brings in NaN, infinities, -0 and negative numbers, and numbers too far apart for narrow keys.
  private mutating func sprinkle(_ x: Strided, far: Bool) {
    if x.shape.elementCount == 0 || x.dtype == .bool || x.dtype == .uint8 { return }
    for _ in 0..<(x.shape.elementCount / 4 + 1) {
      let at = x.layout.position(ofLinear: draws.below(x.shape.elementCount))
      if x.dtype.isFloatingPoint {
        store([.nan, .infinity, -.infinity, -0.0, 0, -7][draws.below(6)], x, at: at)
      } else if far && x.dtype == .int64 {
        store([Double(Int64.min), 0x1p62, -0x1p40, 0x1p33][draws.below(4)], x, at: at)
      } else {
        store(Double(-draws.below(100)), x, at: at)
      }
    }
  }
}

/// Which of many equal elements are taken, as Tools/goldens/topk.py recorded it.
@Suite struct TopkTests {
  private struct Case: Decodable {
    let dtype: DType, n: Int, k: Int, kinds: Int, twist: Int, largest: Bool, checksum: Int, first: [Int]

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      dtype = try #require(DType(name: values.decode(String.self)))
      n = try values.decode(Int.self)
      k = try values.decode(Int.self)
      kinds = try values.decode(Int.self)
      twist = try values.decode(Int.self)
      largest = try values.decode(Int.self) == 1
      checksum = try values.decode(Int.self)
      first = try values.decode([Int].self)
    }
  }

  @Test func ties() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/topk.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
    #expect(cases.count == 360)
    let cpu = CPUBackend.shared
    for golden in cases {
      let wide = cpu.allocate(Layout(contiguous: [golden.n]), dtype: .float64)
      let numbers = UnsafeMutableBufferPointer(
        start: wide.pointer.assumingMemoryBound(to: Double.self), count: golden.n)
      for i in 0..<golden.n {
        numbers[i] = Double((i * i * 7 + i * golden.twist + i / 3) % golden.kinds)
        if golden.dtype.isFloatingPoint {
          if numbers[i] == 3 { numbers[i] = -0.0 }
          if i % 11 == 5 { numbers[i] = .nan }
        }
      }
      let x = cpu.cast(wide, to: golden.dtype)
      let values = cpu.allocate(Layout(contiguous: [golden.k]), dtype: golden.dtype)
      let indices = cpu.allocate(Layout(contiguous: [golden.k]), dtype: .int64)
      cpu.topk(x, dim: 0, largest: golden.largest, values: values, indices: indices)
      let found = (0..<golden.k).map { Int(indices.pointer.load(fromByteOffset: $0 * 8, as: Int64.self)) }
      let checksum = found.reduce(0) { ($0 * 31 + $1) % 1_000_003 }
      let text = "\(golden.dtype.name), \(golden.k) of \(golden.n), \(golden.kinds) kinds, largest \(golden.largest)"
      #expect(Array(found.prefix(4)) == golden.first, "\(text)")
      #expect(checksum == golden.checksum, "\(text)")
      withExtendedLifetime((wide, x, values)) {}
    }
  }
}
