import Foundation
import Testing

import TorchBackend

/// What Tools/goldens/random_draws.py wrote.
private struct Goldens: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    var name: String
    var seed: UInt64
    var calls: [Call]
    var state: String
    var testDescription: String { "\(name), seed \(seed)" }
  }
  struct Call: Decodable {
    var op: String, count: Int, dtype: DType, a: Double, b: Double
    var first: String, last: String, checksum: String

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      op = try values.decode(String.self)
      count = try values.decode(Int.self)
      dtype = try #require(DType(name: values.decode(String.self)))
      a = try values.decode(Double.self)
      b = try values.decode(Double.self)
      first = try values.decode(String.self)
      last = try values.decode(String.self)
      checksum = try values.decode(String.self)
    }
  }
  struct Resume: Decodable {
    var saved: String
    var after: [String]
  }
  var cases: [Case]
  var resume: Resume

  static let all: Goldens = {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/random.json")
    return try! JSONDecoder().decode(Goldens.self, from: Data(contentsOf: url))
  }()
}

/// FNV-1a over the low `width` bytes of each value.
private func checksum(_ values: [UInt64], width: Int) -> String {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for value in values {
    for i in 0..<width { hash = (hash ^ (value >> UInt64(8 * i) & 0xff)) &* 0x100_0000_01b3 }
  }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}

extension MersenneTwister {
  fileprivate mutating func floats(
    _ n: Int, _ fill: (inout Self, UnsafeMutableBufferPointer<Float>) -> Void
  ) -> ([UInt64], Int) {
    var out = [Float](repeating: 0, count: n)
    out.withUnsafeMutableBufferPointer { fill(&self, $0) }
    return (out.map { UInt64($0.bitPattern) }, 4)
  }

  fileprivate mutating func doubles(
    _ n: Int, _ fill: (inout Self, UnsafeMutableBufferPointer<Double>) -> Void
  ) -> ([UInt64], Int) {
    var out = [Double](repeating: 0, count: n)
    out.withUnsafeMutableBufferPointer { fill(&self, $0) }
    return (out.map(\.bitPattern), 8)
  }

  fileprivate mutating func ints(
    _ n: Int, _ fill: (inout Self, UnsafeMutableBufferPointer<Int64>) -> Void
  ) -> ([UInt64], Int) {
    var out = [Int64](repeating: 0, count: n)
    out.withUnsafeMutableBufferPointer { fill(&self, $0) }
    return (out.map(UInt64.init(bitPattern:)), 8)
  }

  fileprivate mutating func bytes(
    _ n: Int, dtype: DType, _ fill: (inout Self, UnsafeMutableBufferPointer<UInt8>) -> Void
  ) -> ([UInt64], Int) {
    var out = [UInt8](repeating: 0, count: n)
    out.withUnsafeMutableBufferPointer { fill(&self, $0) }
    return dtype == .float64
      ? (out.map { Double($0).bitPattern }, 8) : (out.map { UInt64(Float($0).bitPattern) }, 4)
  }

  /// Makes one recorded call: the bit patterns it gives and their width.
  fileprivate mutating func make(_ call: Goldens.Call) -> ([UInt64], Int) {
    let (n, a, b, dtype) = (call.count, call.a, call.b, call.dtype)
    switch (call.op, dtype) {
    case ("uniform", .float64): return doubles(n) { $0.fillUniform($1, from: a, to: b) }
    case ("uniform", .float32): return floats(n) { $0.fillUniform($1, from: Float(a), to: Float(b)) }
    case ("uniform", _): return floats(n) { $0.fillUniform($1, roundedTo: dtype, from: Float(a), to: Float(b)) }
    case ("normal", .float64): return doubles(n) { $0.fillNormal($1, mean: a, std: b) }
    case ("normal", .float32): return floats(n) { $0.fillNormal($1, mean: a, std: b) }
    case ("normal", _): return floats(n) { $0.fillNormal($1, roundedTo: dtype, mean: a, std: b) }
    case ("normalSerial", _): return doubles(n) { $0.fillNormalSerially($1, mean: a, std: b) }
    case ("exponential", .float64): return doubles(n) { $0.fillExponential($1, rate: a) }
    case ("exponential", _):
      let (values, width) = floats(n) { $0.fillExponential($1, rate: a) }
      return (values.map { UInt64(dtype.rounding(Float(bitPattern: UInt32($0))).bitPattern) }, width)
    case ("bernoulli", _): return bytes(n, dtype: dtype) { $0.fillBernoulli($1, p: a) }
    case ("bernoulliTensor", .float64):
      let p = (0..<n).map { Double($0 * 5 % 17) / 16 }
      return bytes(n, dtype: dtype) { twister, out in
        p.withUnsafeBufferPointer { twister.fillBernoulli(out, p: $0) }
      }
    case ("bernoulliTensor", _):
      let p = (0..<n).map { Float($0 * 5 % 17) / 16 }
      return bytes(n, dtype: dtype) { twister, out in
        p.withUnsafeBufferPointer { twister.fillBernoulli(out, p: $0) }
      }
    case ("randint", _):
      // As the bounds 2^63 and beyond are not written, a plain conversion serves.
      var (from, to) = (Int64(a), Int64(b))
      let significand = [DType.float64: 53, .float32: 24, .float16: 11, .bfloat16: 8]
      if let bits = significand[dtype] {
        (from, to) = MersenneTwister.floatBounds(from: from, to: to, significandBits: bits)
      }
      let (values, width) = ints(n) { $0.fillRandomInt($1, from: from, to: to) }
      return convert(values, width, to: dtype)
    case ("randintAtLeast", _): return ints(n) { $0.fillRandomInt($1, atLeast: Int64(a)) }
    case ("randomFull", _):
      let (values, width) = ints(n) { $0.fillRandomFull($1, dtype: dtype) }
      return convert(values, width, to: dtype)
    case ("randperm", _): return ints(n) { $0.fillPermutation($1) }
    case ("multinomial", _), ("multinomialReplacement", _):
      let (rows, samples, replacement) = (Int(a), Int(b), call.op != "multinomial")
      let weights = (0..<rows * n).map { $0 * 7 % 11 }
      return ints(rows * samples) { twister, out in
        if dtype == .float64 {
          weights.map(Double.init).withUnsafeBufferPointer {
            twister.fillMultinomial(out, weights: $0, columns: n, samples: samples, replacement: replacement)
          }
        } else {
          weights.map(Float.init).withUnsafeBufferPointer {
            twister.fillMultinomial(
              out, weights: $0, columns: n, samples: samples, replacement: replacement, roundedTo: dtype)
          }
        }
      }
    default: fatalError("no such call: \(call.op)")
    }
  }

  private func convert(_ values: [UInt64], _ width: Int, to dtype: DType) -> ([UInt64], Int) {
    let ints = values.map { Int64(bitPattern: $0) }
    return switch dtype {
    case .float64: (ints.map { Double($0).bitPattern }, 8)
    case .float32, .float16, .bfloat16: (ints.map { UInt64(dtype.rounding(Float($0)).bitPattern) }, 4)
    default: (values, width)
    }
  }
}

@Suite struct RandomTests {
  @Test(arguments: Goldens.all.cases)
  private func drawsEqualTorch(_ golden: Goldens.Case) {
    var twister = MersenneTwister(seed: golden.seed)
    for (i, call) in golden.calls.enumerated() {
      let (values, width) = twister.make(call)
      let place = "call \(i): \(call.op) of \(call.count) \(call.dtype) (\(call.a), \(call.b))"
      #expect(values.first.map { String($0, radix: 16) } ?? "" == call.first, "\(place)")
      #expect(values.last.map { String($0, radix: 16) } ?? "" == call.last, "\(place)")
      #expect(checksum(values, width: width) == call.checksum, "\(place)")
    }
    #expect(checksum(twister.serializedState().map(UInt64.init), width: 1) == golden.state)
  }

  @Test func aSavedStateResumes() throws {
    let hex = Array(Goldens.all.resume.saved.utf8)
    let saved = try stride(from: 0, to: hex.count, by: 2).map {
      try #require(UInt8(String(decoding: hex[$0..<$0 + 2], as: UTF8.self), radix: 16))
    }
    var twister = try MersenneTwister(serializedState: saved)
    #expect(twister.serializedState() == saved)
    let normals = twister.floats(3) { $0.fillNormal($1) }.0
    let uniforms = twister.floats(3) { $0.fillUniform($1) }.0
    #expect((normals + uniforms).map { String($0, radix: 16) } == Goldens.all.resume.after)
  }

  @Test func aBadStateIsRefused() {
    #expect(throws: RandomStateError.wrongSize(10)) {
      try MersenneTwister(serializedState: [UInt8](repeating: 0, count: 10))
    }
    #expect(throws: RandomStateError.invalid) {
      try MersenneTwister(serializedState: [UInt8](repeating: 0, count: MersenneTwister.stateByteCount))
    }
    var good = MersenneTwister(seed: 3).serializedState()
    good[16] = 200  // 200 words used, none left over: no twister gets there
    good[8] = 250
    good[9] = 2
    #expect(throws: RandomStateError.invalid) { try MersenneTwister(serializedState: good) }
  }

  @Test func onlyTheLow32BitsOfASeedCount() {
    var wide = MersenneTwister(seed: 1 << 40 + 3)
    var narrow = MersenneTwister(seed: 3)
    #expect(wide.initialSeed == 1 << 40 + 3)
    #expect((0..<700).allSatisfy { _ in wide.next32() == narrow.next32() })
  }

  @Test func singleDrawsAreTheFills() {
    var one = MersenneTwister(seed: 9), many = one
    let singles = (0..<1000).map { _ in UInt64(one.uniform24().bitPattern) }
    #expect(singles == many.floats(1000) { $0.fillUniform($1) }.0)
    _ = (one.next32(), many.next32())  // pairs now lie astride blocks
    let pairs = (0..<1000).map { _ in one.uniform53().bitPattern }
    #expect(pairs == many.doubles(1000) { $0.fillUniform($1) }.0)
  }

  @Test func fillsAreFast() {
    // Printed, not gated: a shared machine.
    var twister = MersenneTwister(seed: 1)
    var out = [Float](repeating: 0, count: 4_000_000)
    let clock = ContinuousClock()
    for _ in 0..<2 {
      let uniform = clock.measure { out.withUnsafeMutableBufferPointer { twister.fillUniform($0) } }
      let normal = clock.measure { out.withUnsafeMutableBufferPointer { twister.fillNormal($0) } }
      print("4 million float32: uniform \(uniform), normal \(normal)")
    }
    #expect(out.contains { $0 != 0 })
  }
}
