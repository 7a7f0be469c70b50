/// Reads a pickle into an inert graph. Nothing is looked up, called or imported.
///
/// What torch writes (tensors, OrderedDict, torch.Size...) becomes what it means. Every other class is refused by name
/// or, where `anyClass` is asked for, kept as an object that tells what was to be called with what.
struct PickleReader {
  /// What has been read of the pickle; all of it, unless `source` has more.
  private(set) var bytes: [UInt8]
  /// Where a pickle lies whose end is not known yet.
  private let source: (bytes: RandomAccessBytes, start: Int)?
  let limits: PickleLimits
  let anyClass: Bool
  var graph = PickleGraph()
  /// How many containers deep a node is nested in itself, at least.
  var depths: [Int32] = []
  var position = 0
  var stack: [Int] = []
  /// Where the stack stood at each open mark.
  var marks: [Int] = []
  /// What was remembered under 0, 1, 2... in this order, and what under other numbers.
  private var memo: [Int] = []
  private var otherMemo: [Int: Int] = [:]
  /// The nodes of values that are frequent and never change.
  private var frequent: [Int: Int] = [:]
  var opcode: PickleOpcode?
  var opcodeStart = 0
  /// What was copied or searched because of values that the pickle names again and again.
  private var effort = 0
  /// Bytes that the graph takes, roughly: arrays that grow count as half empty.
  private var memory = 0

  static let nodeCost = 64, elementCost = 16, memoCost = 16, tableCost = 64

  private init(
    _ bytes: [UInt8], source: (bytes: RandomAccessBytes, start: Int)?, anyClass: Bool, limits: PickleLimits
  ) {
    (self.bytes, self.source, self.anyClass, self.limits) = (bytes, source, anyClass, limits)
  }

  /// Reads a pickle that takes all of its bytes.
  static func read(
    _ bytes: [UInt8], anyClass: Bool, limits: PickleLimits = PickleLimits()
  ) throws(FormatError) -> PickleGraph {
    var reader = PickleReader(bytes, source: nil, anyClass: anyClass, limits: limits)
    try reader.run()
    return reader.graph
  }

  /// Reads a pickle that begins somewhere in a file, and tells where it ends.
  static func read(
    _ source: RandomAccessBytes, at start: Int, anyClass: Bool, limits: PickleLimits = PickleLimits()
  ) throws(FormatError) -> (graph: PickleGraph, end: Int) {
    let first = try source.bytes(min(1 << 16, max(source.count - start, 0)), at: start).bytes
    var reader = PickleReader(first, source: (source, start), anyClass: anyClass, limits: limits)
    try reader.run()
    return (reader.graph, start + reader.position)
  }

  private mutating func run() throws(FormatError) {
    try checkSize()
    while try step() {}
    mergeKeys()
  }

  /// An error that says at which opcode the reader stands.
  func error(_ reason: String, _ kind: CheckpointError.Kind = .damagedPickle) -> FormatError {
    FormatError(kind, "pickle opcode \(opcode?.name ?? "?") at byte \(opcodeStart): \(reason)")
  }

  /// Counts work that does not follow from the pickle's length: a short pickle may ask a thousand times for a copy of one
  /// long value.
  mutating func spend(_ count: Int) throws(FormatError) {
    effort += count
    guard effort <= 64 * bytes.count + 65536 else { throw error("asks for too many copies of one value", .limit) }
  }

  /// Counts memory before it is taken.
  mutating func take(memory count: Int) throws(FormatError) {
    memory += count
    guard memory <= min(limits.total, limits.allowance + limits.growth * bytes.count) else {
      throw error("describes values that take far more memory than a pickle of weights has use for", .limit)
    }
  }

  // MARK: Bytes

  private func checkSize() throws(FormatError) {
    guard bytes.count <= limits.bytes else {
      throw FormatError(.limit, "has a pickle of more than \(limits.bytes) bytes, which is the limit")
    }
  }

  /// Whether so many bytes follow; reads more of the file where that helps.
  mutating func has(_ count: Int) throws(FormatError) -> Bool {
    let left = bytes.count - position
    if count <= left { return true }
    guard let source else { return false }
    let available = source.bytes.count - source.start - bytes.count
    guard count - left <= available else { return false }
    // Twice as much each time, so that what is read again and again stays in proportion.
    let part = min(max(count - left, bytes.count), available)
    bytes += try source.bytes.bytes(part, at: source.start + bytes.count).bytes
    try checkSize()
    return true
  }

  mutating func take(_ count: Int) throws(FormatError) -> ArraySlice<UInt8> {
    guard count >= 0, try has(count) else {
      throw error("wants \(count) bytes of the \(bytes.count - position) that are left")
    }
    position += count
    return bytes[position - count..<position]
  }

  mutating func unsigned(_ size: Int) throws(FormatError) -> Int {
    let value = try take(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard value <= UInt64(Int.max) else { throw error("counts \(value) bytes, more than any file has") }
    return Int(value)
  }

  /// The bytes before the next line feed.
  mutating func line(limit: Int) throws(FormatError) -> ArraySlice<UInt8> {
    var seen = 0
    while true {
      if let end = bytes[(position + seen)...].prefix(limit - seen + 1).firstIndex(of: 0x0a) {
        defer { position = end + 1 }
        return bytes[position..<end]
      }
      seen = bytes.count - position
      guard seen <= limit, try has(seen + 1) else { throw error("a line does not end") }
    }
  }

  func text(_ slice: ArraySlice<UInt8>) throws(FormatError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else { throw error("a text is no UTF-8") }
    return text
  }

  // MARK: The stack

  /// The depth of a container that holds these.
  func depth(of children: some Sequence<Int>) -> Int32 { 1 + (children.lazy.map { depths[$0] }.max() ?? 0) }

  /// Makes a node.
  mutating func make(_ value: PickleValue, depth: Int32 = 0) throws(FormatError) -> Int {
    try take(memory: PickleReader.nodeCost + value.payloadCost)
    try check(depth)
    graph.nodes.append(value)
    depths.append(depth)
    return graph.nodes.count - 1
  }

  private func check(_ depth: Int32) throws(FormatError) {
    if depth > limits.depth { throw error("nests more than \(limits.depth) deep", .limit) }
  }

  /// Notes that a node holds others.
  mutating func deepen(_ node: Int, by children: some Sequence<Int>) throws(FormatError) {
    for child in children where child != node && depths[child] >= depths[node] {
      try check(depths[child] + 1)
      depths[node] = depths[child] + 1
    }
  }

  mutating func push(node: Int) throws(FormatError) {
    guard stack.count < limits.stack else { throw error("holds more than \(limits.stack) values at once", .limit) }
    stack.append(node)
  }

  mutating func push(_ value: PickleValue, depth: Int32 = 0) throws(FormatError) {
    try push(node: try make(value, depth: depth))
  }

  /// Pushes a value that cannot change: one node stands for all that are equal.
  /// - Parameter mark: a number for the value, which no other value has.
  mutating func pushFrequent(_ value: PickleValue, mark: Int, depth: Int32 = 0) throws(FormatError) {
    if let node = frequent[mark] { return try push(node: node) }
    try push(value, depth: depth)
    frequent[mark] = stack[stack.count - 1]
  }

  mutating func push(_ number: Int) throws(FormatError) {
    if 0..<256 ~= number { try pushFrequent(.int(number), mark: number) } else { try push(.int(number)) }
  }

  mutating func pop() throws(FormatError) -> Int {
    guard stack.count > marks.last ?? 0 else { throw error("the stack is empty") }
    return stack.removeLast()
  }

  func top() throws(FormatError) -> Int {
    guard stack.count > marks.last ?? 0 else { throw error("the stack is empty") }
    return stack[stack.count - 1]
  }

  mutating func pop(_ count: Int) throws(FormatError) -> [Int] {
    guard stack.count - (marks.last ?? 0) >= count else { throw error("the stack is empty") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  mutating func popMark() throws(FormatError) -> [Int] {
    guard let mark = marks.popLast() else { throw error("there is no mark") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  mutating func remember(_ index: Int) throws(FormatError) {
    let node = try top()
    if index < memo.count {
      memo[index] = node
      return
    }
    guard memo.count + otherMemo.count < limits.memo else {
      throw error("remembers more than \(limits.memo) values", .limit)
    }
    if index == memo.count, otherMemo.isEmpty {
      try take(memory: PickleReader.memoCost)
      memo.append(node)
    } else {
      try take(memory: PickleReader.tableCost)
      otherMemo[index] = node
    }
  }

  mutating func recall(_ index: Int) throws(FormatError) {
    guard let node = index < memo.count ? memo[index] : otherMemo[index] else {
      throw error("recalls number \(index), which was not remembered")
    }
    try push(node: node)
  }

  mutating func pushTuple(_ items: [Int]) throws(FormatError) {
    if items.isEmpty { return try pushFrequent(.tuple([]), mark: -1, depth: 1) }
    try push(.tuple(items), depth: depth(of: items))
  }

  /// How many values are remembered.
  var memoCount: Int { memo.count + otherMemo.count }

  /// Takes keys and values out of a list of both.
  func pairs(_ items: [Int]) throws(FormatError) -> [(key: Int, value: Int)] {
    guard items.count % 2 == 0 else { throw error("has a key without a value") }
    return stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) }
  }
}
