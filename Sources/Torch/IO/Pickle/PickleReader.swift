/// Reads a pickle into an inert graph. Nothing is looked up, called or imported.
///
/// What torch writes (tensors, OrderedDict, torch.Size...) becomes what it means. Every other class is refused by name
/// or, where `anyClass` is asked for, kept as an object that tells what was to be called with what.
struct PickleReader {
  let bytes: [UInt8]
  let limits: PickleLimits
  let anyClass: Bool
  var graph = PickleGraph()
  /// How many containers deep a node is nested in itself, at least.
  var depths: [Int32] = []
  private var position = 0
  private var stack: [Int] = []
  /// Where the stack stood at each open mark.
  private var marks: [Int] = []
  private var memo: [Int: Int] = [:]
  private(set) var opcode: PickleOpcode?
  private var opcodeStart = 0
  /// What was copied or searched because of values that the pickle names again and again.
  private var effort = 0

  init(_ bytes: [UInt8], anyClass: Bool, limits: PickleLimits = PickleLimits()) {
    (self.bytes, self.anyClass, self.limits) = (bytes, anyClass, limits)
  }

  /// Reads the whole pickle.
  static func read(
    _ bytes: [UInt8], anyClass: Bool, limits: PickleLimits = PickleLimits()
  ) throws(FormatError) -> PickleGraph {
    var reader = PickleReader(bytes, anyClass: anyClass, limits: limits)
    guard bytes.count <= limits.bytes else {
      throw FormatError(.limit, "has a pickle of \(bytes.count) bytes; the limit is \(limits.bytes)")
    }
    while try reader.step() {}
    reader.mergeKeys()
    return reader.graph
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

  // MARK: Bytes

  private mutating func take(_ count: Int) throws(FormatError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - position else {
      throw error("wants \(count) bytes of the \(bytes.count - position) that are left")
    }
    position += count
    return bytes[position - count..<position]
  }

  private mutating func unsigned(_ size: Int) throws(FormatError) -> Int {
    let value = try take(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard value <= UInt64(Int.max) else { throw error("counts \(value) bytes, more than any file has") }
    return Int(value)
  }

  private mutating func line() throws(FormatError) -> String {
    guard let end = bytes[position...].prefix(4096).firstIndex(of: 0x0a) else { throw error("a line does not end") }
    let text = try text(try take(end - position))
    position += 1
    return text
  }

  private func text(_ slice: ArraySlice<UInt8>) throws(FormatError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else { throw error("a text is no UTF-8") }
    return text
  }

  // MARK: The stack

  /// The depth of a container that holds these.
  func depth(of children: some Sequence<Int>) -> Int32 { 1 + (children.lazy.map { depths[$0] }.max() ?? 0) }

  /// Makes a node.
  mutating func make(_ value: PickleValue, depth: Int32 = 0) throws(FormatError) -> Int {
    guard graph.nodes.count < limits.nodes else { throw error("makes more than \(limits.nodes) values", .limit) }
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

  private mutating func push(_ value: PickleValue, depth: Int32 = 0) throws(FormatError) {
    stack.append(try make(value, depth: depth))
  }

  private mutating func pop() throws(FormatError) -> Int {
    guard stack.count > marks.last ?? 0 else { throw error("the stack is empty") }
    return stack.removeLast()
  }

  private func top() throws(FormatError) -> Int {
    guard stack.count > marks.last ?? 0 else { throw error("the stack is empty") }
    return stack[stack.count - 1]
  }

  private mutating func pop(_ count: Int) throws(FormatError) -> [Int] {
    guard stack.count - (marks.last ?? 0) >= count else { throw error("the stack is empty") }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMark() throws(FormatError) -> [Int] {
    guard let mark = marks.popLast() else { throw error("there is no mark") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func remember(_ index: Int) throws(FormatError) {
    guard memo.count < limits.memo else { throw error("remembers more than \(limits.memo) values", .limit) }
    memo[index] = try top()
  }

  private mutating func recall(_ index: Int) throws(FormatError) {
    guard let node = memo[index] else { throw error("recalls number \(index), which was not remembered") }
    stack.append(node)
  }

  private mutating func pushTuple(_ items: [Int]) throws(FormatError) {
    try push(.tuple(items), depth: depth(of: items))
  }

  /// Takes keys and values out of a list of both.
  private func pairs(_ items: [Int]) throws(FormatError) -> [(key: Int, value: Int)] {
    guard items.count % 2 == 0 else { throw error("has a key without a value") }
    return stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  // MARK: Steps

  /// Performs one opcode; false at the end.
  private mutating func step() throws(FormatError) -> Bool {
    guard position < bytes.count else {
      throw FormatError(.damagedPickle, "pickle: ends at byte \(position) without the opcode STOP")
    }
    opcodeStart = position
    opcode = PickleOpcode(rawValue: bytes[position])
    guard let opcode else {
      throw FormatError(
        .damagedPickle,
        "pickle opcode 0x\(String(bytes[position], radix: 16)) at byte \(position): no opcode that is read here")
    }
    position += 1
    switch opcode {
    case .proto:
      let version = try unsigned(1)
      guard 2...5 ~= version else { throw error("protocol \(version) is not read here, only 2 to 5", .unsupported) }
    case .frame: _ = try unsigned(8)
    case .stop:
      graph.root = try pop()
      guard stack.isEmpty, marks.isEmpty else { throw error("values are left over") }
      return false
    case .mark:
      guard marks.count < limits.depth else { throw error("opens more than \(limits.depth) marks", .limit) }
      marks.append(stack.count)
    case .pop:
      // As Python: where nothing lies above a mark, the mark goes.
      if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popMark()
    case .dup: stack.append(try top())

    case .none: try push(.none)
    case .newTrue: try push(.bool(true))
    case .newFalse: try push(.bool(false))
    case .binInt: try push(.int(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
    case .binInt1: try push(.int(try unsigned(1)))
    case .binInt2: try push(.int(try unsigned(2)))
    case .long1: try push(long(try take(try unsigned(1))))
    case .long4: try push(long(try take(Int(Int32(truncatingIfNeeded: try unsigned(4))))))
    case .binFloat:
      try push(.double(Double(bitPattern: try take(8).reduce(0) { $0 << 8 | UInt64($1) })))
    case .binUnicode: try push(.string(try text(try take(try unsigned(4)))))
    case .shortBinUnicode: try push(.string(try text(try take(try unsigned(1)))))
    case .binUnicode8: try push(.string(try text(try take(try unsigned(8)))))
    case .binString: try pushPython2String(try unsigned(4))
    case .shortBinString: try pushPython2String(try unsigned(1))
    case .binBytes: try push(.bytes(Array(try take(try unsigned(4)))))
    case .shortBinBytes: try push(.bytes(Array(try take(try unsigned(1)))))
    case .binBytes8, .byteArray8: try push(.bytes(Array(try take(try unsigned(8)))))

    case .emptyTuple: try push(.tuple([]), depth: 1)
    case .tuple1: try pushTuple(try pop(1))
    case .tuple2: try pushTuple(try pop(2))
    case .tuple3: try pushTuple(try pop(3))
    case .tuple: try pushTuple(try popMark())
    case .emptyList: try push(.list([]), depth: 1)
    case .list:
      let items = try popMark()
      try push(.list(items), depth: depth(of: items))
    case .emptyDict: try push(.dict(.init(typeName: "dict")), depth: 1)
    case .dict:
      let items = try popMark()
      try push(.dict(.init(typeName: "dict", pairs: try pairs(items))), depth: depth(of: items))
    case .emptySet: try push(.set([]), depth: 1)
    case .frozenSet:
      let items = try popMark()
      try push(.set(items), depth: depth(of: items))
    case .append: try append([try pop()], to: try top())
    case .appends, .addItems:
      let items = try popMark()
      try append(items, to: try top())
    case .setItem:
      let items = try pop(2)
      try set(try pairs(items), in: try top())
    case .setItems:
      let items = try popMark()
      try set(try pairs(items), in: try top())

    case .binGet: try recall(try unsigned(1))
    case .longBinGet: try recall(try unsigned(4))
    case .binPut: try remember(try unsigned(1))
    case .longBinPut: try remember(try unsigned(4))
    case .memoize: try remember(memo.count)

    case .global:
      let module = try line(), name = try line()
      stack.append(try global(module, name))
    case .stackGlobal:
      let parts = try pop(2)
      guard case .string(let module) = graph.nodes[parts[0]], case .string(let name) = graph.nodes[parts[1]] else {
        throw error("wants two texts, has \(graph.nodes[parts[0]].kindName) and \(graph.nodes[parts[1]].kindName)")
      }
      stack.append(try global(module, name))
    case .reduce, .newObj:
      let parts = try pop(2)
      stack.append(try construct(parts[0], parts[1]))
    case .newObjEx:
      let parts = try pop(3)
      stack.append(try constructWithKeywords(parts[0], parts[1], parts[2]))
    case .build:
      let state = try pop()
      try build(try top(), state)
    case .binPersID: stack.append(try persistent(try pop()))
    }
    return true
  }

  private mutating func pushPython2String(_ count: Int) throws(FormatError) {
    let slice = try take(count)
    try push(String(validating: slice, as: UTF8.self).map { .string($0) } ?? .bytes(Array(slice)))
  }

  /// An int of any size, two's complement and little-endian.
  private func long(_ slice: ArraySlice<UInt8>) -> PickleValue {
    guard let last = slice.last else { return .int(0) }
    let fill: UInt8 = last >= 0x80 ? 0xff : 0
    var digits = slice
    while digits.count > 8, digits.last == fill { digits.removeLast() }
    guard digits.count <= 8 else { return .bigInt(Array(slice)) }
    let start: UInt64 = fill == 0 ? 0 : .max
    let value = Int(truncatingIfNeeded: digits.reversed().reduce(start) { $0 << 8 | UInt64($1) })
    // Nine bytes cut to eight may have lost the sign.
    return (value < 0) == (fill != 0) ? .int(value) : .bigInt(Array(slice))
  }
}
