// What each opcode does.

extension PickleReader {
  /// Performs one opcode; false at the end.
  mutating func step() throws(FormatError) -> Bool {
    guard try has(1) else {
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
      guard version <= 5 else { throw error("protocol \(version) is not read here, only 0 to 5", .unsupported) }
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
    case .dup: try push(node: try top())

    case .none: try pushFrequent(.none, mark: -2)
    case .newTrue: try pushFrequent(.bool(true), mark: -3)
    case .newFalse: try pushFrequent(.bool(false), mark: -4)
    case .binInt: try push(Int(Int32(truncatingIfNeeded: try unsigned(4))))
    case .binInt1: try push(try unsigned(1))
    case .binInt2: try push(try unsigned(2))
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

    case .emptyTuple: try pushTuple([])
    case .tuple1: try pushTuple(try pop(1))
    case .tuple2: try pushTuple(try pop(2))
    case .tuple3: try pushTuple(try pop(3))
    case .tuple: try pushTuple(try popMark())
    case .emptyList: try push(.list([]), depth: 1)
    case .list:
      let items = try popMark()
      try push(.list(items), depth: depth(of: items))
    case .emptyDict: try push(.dict(.init()), depth: 1)
    case .dict:
      let items = try popMark()
      try push(.dict(.init(pairs: try pairs(items))), depth: depth(of: items))
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
    case .memoize: try remember(memoCount)

    case .global:
      let module = try text(try line(limit: 4096)), name = try text(try line(limit: 4096))
      try push(node: try global(module, name))
    case .stackGlobal:
      let parts = try pop(2)
      guard case .string(let module) = graph.nodes[parts[0]], case .string(let name) = graph.nodes[parts[1]] else {
        throw error("wants two texts, has \(graph.nodes[parts[0]].kindName) and \(graph.nodes[parts[1]].kindName)")
      }
      try push(node: try global(module, name))
    case .reduce, .newObj:
      let parts = try pop(2)
      try push(node: try construct(parts[0], parts[1]))
    case .newObjEx:
      let parts = try pop(3)
      try push(node: try constructWithKeywords(parts[0], parts[1], parts[2]))
    case .build:
      let state = try pop()
      try build(try top(), state)
    case .inst:
      let module = try text(try line(limit: 4096)), name = try text(try line(limit: 4096))
      let maker = try global(module, name)
      try pushTuple(try popMark())
      try push(node: try construct(maker, try pop()))
    case .obj:
      var parts = try popMark()
      guard !parts.isEmpty else { throw error("makes an object of no class") }
      let maker = parts.removeFirst()
      try pushTuple(parts)
      try push(node: try construct(maker, try pop()))

    case .int: try pushDecimalInt()
    case .long: try pushDecimalLong()
    case .float: try pushDecimalFloat()
    case .string: try pushQuotedString()
    case .unicode: try pushEscapedUnicode()
    case .get: try recall(try decimalIndex())
    case .put: try remember(try decimalIndex())

    case .persID: throw error("names something beside the pickle that is no storage", .refused)
    case .ext1, .ext2, .ext4: throw error("names a class by a number that only its writer knows", .refused)
    case .nextBuffer, .readonlyBuffer: throw error("wants memory that lies outside of the file", .unsupported)
    case .binPersID: try push(node: try persistent(try pop()))
    }
    return true
  }

  /// A str of Python 2: text, or bytes where it is none.
  mutating func pushPython2String(_ slice: some Collection<UInt8>) throws(FormatError) {
    try push(String(validating: slice, as: UTF8.self).map { .string($0) } ?? .bytes(Array(slice)))
  }

  private mutating func pushPython2String(_ count: Int) throws(FormatError) {
    try pushPython2String(try take(count))
  }

  /// An int of any size, two's complement and little-endian.
  func long(_ slice: ArraySlice<UInt8>) -> PickleValue {
    guard let last = slice.last else { return .int(0) }
    let fill: UInt8 = last >= 0x80 ? 0xff : 0
    var digits = slice
    while digits.count > 8, digits.last == fill { digits.removeLast() }
    guard digits.count <= 8 else {
      // A byte for the sign alone stays where the one below would say otherwise.
      return .bigInt(Array(digits) + (digits.last! >> 7 == fill >> 7 ? [] : [fill]))
    }
    let start: UInt64 = fill == 0 ? 0 : .max
    let value = Int(truncatingIfNeeded: digits.reversed().reduce(start) { $0 << 8 | UInt64($1) })
    // Nine bytes cut to eight may have lost the sign.
    return (value < 0) == (fill != 0) ? .int(value) : .bigInt(Array(digits) + [fill])
  }
}
