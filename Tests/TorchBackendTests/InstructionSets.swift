import CTorchKernels
import Foundation
import Testing
import TorchBackend

/// What a child process checks under one instruction set.
enum ChildCheck: Codable, Sendable {
  case kernel(KernelFamily)
  case move(MoveFamily)
  /// Products of the dtype with this code.
  case product(dtype: UInt8)
  /// Convolutions by Winograd's tiles.
  case tiles

  /// What is wrong, from draws that a seed decides.
  func complaints(seed: UInt64) -> [String] {
    switch self {
    case .kernel(let family): KernelCheck(seed: seed).run(family)
    case .move(let family): MoveCheck(seed: seed).run(family)
    case .product(let code): MatmulCheck(seed: seed).run(DType(rawValue: code)!)
    case .tiles: WinogradCheck(seed: seed).run()
    }
  }
}

/// Runs a check in a child process, since the instruction set is a setting of the whole process, and records what the
/// child complains of.
/// - Parameter level: the highest instruction set that may be used; 0 is the one every machine has.
func inChild(_ level: Int, _ check: ChildCheck) async {
  let end = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
    [level = level as Int, check = check as ChildCheck] in
    tk_isa_limit(Int32(level))
    let complaints = check.complaints(seed: UInt64(level) + 1)
    FileHandle.standardError.write(Data(complaints.prefix(20).joined(separator: "\n").utf8))
  }
  let text = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
  if !text.isEmpty { Issue.record("instruction set \(level), \(check): \(text)") }
}

/// How many of so many random cases to try: all, or the share (in percent) that TORCH_TEST_SHARE says where a sanitizer
/// makes each of them slow. Never none.
func rounds(_ count: Int) -> Int {
  let share = ProcessInfo.processInfo.environment["TORCH_TEST_SHARE"].flatMap { Int($0) } ?? 100
  return max(count * share / 100, 1)
}

/// A fixed stream of numbers, so that a failure can be seen again.
struct Draws {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
  mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }
  /// Evenly in a range.
  mutating func real(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + Double(next() >> 11) * 0x1p-53 * (range.upperBound - range.lowerBound)
  }
}
