import TorchBackend

/// Which blocks are used by streams beside the one that they belong to, and which of them are freed and wait for those.
struct BlockUses<Place: Sendable>: Sendable {
  private struct Waiting {
    let block: UInt
    let place: Place
    var marks: [GPUMark]
  }

  private var users: [UInt: [GPUStream]] = [:]
  private var waiting: [Waiting] = []

  /// Notes that work of a stream, queued by now, uses a block.
  mutating func note(_ block: UnsafeMutableRawPointer, _ stream: GPUStream) {
    let key = UInt(bitPattern: block)
    if users[key]?.contains(where: { $0 === stream }) == true { return }
    users[key, default: []].append(stream)
  }

  /// Takes a block that was freed, where streams may still use it; false where none does.
  mutating func takes(_ block: UnsafeMutableRawPointer, _ place: Place) -> Bool {
    guard !users.isEmpty, let streams = users.removeValue(forKey: UInt(bitPattern: block)) else { return false }
    waiting.append(
      Waiting(block: UInt(bitPattern: block), place: place, marks: streams.map { $0.mark(isTimed: false) }))
    return true
  }

  /// Gives the blocks that no stream uses any more.
  mutating func settled() -> [(block: UInt, place: Place)] {
    if waiting.isEmpty { return [] }
    var settled: [(UInt, Place)] = []
    waiting.removeAll { entry in
      guard entry.marks.allSatisfy(\.isDone) else { return false }
      settled.append((entry.block, entry.place))
      return true
    }
    return settled
  }

  /// Gives all that wait: the caller sees to it that all streams are done.
  mutating func takeAll() -> [(block: UInt, place: Place)] {
    defer { waiting = [] }
    return waiting.map { ($0.block, $0.place) }
  }
}
