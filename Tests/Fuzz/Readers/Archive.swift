/// Archives that are right, so that what lies in them reaches its reader.
public enum Archive {
  /// The archive of torch around a pickle: storages `0` to `23`, of 64 bytes each, as the seeds want them.
  public static func around(pickle: [UInt8]) -> [UInt8] {
    let head: [(String, [UInt8])] = [
      ("a/data.pkl", pickle), ("a/byteorder", Array("little".utf8)), ("a/version", [0x33]),
    ]
    return stored(head + (0..<24).map { ("a/data/\($0)", (0..<64).map { UInt8($0) }) })
  }

  /// An archive of stored entries.
  public static func stored(_ entries: [(name: String, content: [UInt8])]) -> [UInt8] {
    var file: [UInt8] = [], directory: [UInt8] = []
    for (name, content) in entries {
      let start = file.count
      var fields: [UInt8] = []
      fields.append(little: 0, 2)
      fields.append(little: 0, 2)
      fields.append(little: 0, 4)
      fields.append(little: Int(checksum(content[...])), 4)
      fields.append(little: content.count, 4)
      fields.append(little: content.count, 4)
      fields.append(little: name.utf8.count, 2)
      fields.append(little: 0, 2)
      file.append(little: 0x0403_4b50, 4)
      file.append(little: 20, 2)
      file += fields + Array(name.utf8) + content
      directory.append(little: 0x0201_4b50, 4)
      directory.append(little: 20 << 16 | 20, 4)
      directory += fields
      directory += [UInt8](repeating: 0, count: 10)
      directory.append(little: start, 4)
      directory += Array(name.utf8)
    }
    let start = file.count
    file += directory
    file.append(little: 0x0605_4b50, 4)
    file.append(little: 0, 4)
    file.append(little: entries.count << 16 | entries.count, 4)
    file.append(little: directory.count, 4)
    file.append(little: start, 4)
    file.append(little: 0, 2)
    return file
  }

  /// Puts the right sums of stored entries into a damaged archive, as far as its directory can be followed.
  public static func repairSums(_ file: inout [UInt8]) {
    func number(_ at: Int, _ count: Int) -> Int {
      guard at >= 0, at + count <= file.count else { return 0 }
      return file[at..<at + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    func put(_ value: Int, at: Int) {
      for i in 0..<4 { file[at + i] = UInt8(truncatingIfNeeded: value >> (8 * i)) }
    }
    guard let end = stride(from: file.count - 22, through: 0, by: -1).first(where: { number($0, 4) == 0x0605_4b50 })
    else { return }
    var place = number(end + 16, 4)
    for _ in 0..<min(number(end + 10, 2), 1000) {
      guard place + 46 <= file.count, number(place, 4) == 0x0201_4b50 else { return }
      let start = number(place + 42, 4), size = number(place + 20, 4)
      if number(place + 10, 2) == 0, number(start, 4) == 0x0403_4b50, start + 30 <= file.count {
        let content = start + 30 + number(start + 26, 2) + number(start + 28, 2)
        if content <= file.count, size <= file.count - content {
          let sum = Int(checksum(file[content..<content + size]))
          put(sum, at: place + 16)
          if number(start + 6, 2) & 8 == 0 { put(sum, at: start + 14) }
        }
      }
      place += 46 + number(place + 28, 2) + number(place + 30, 2) + number(place + 32, 2)
    }
  }

  /// Puts the right sums into the headers of a tar archive, as far as it can be followed.
  public static func repairTarSums(_ file: inout [UInt8]) {
    var place = 0
    while place + 512 <= file.count, file[place..<place + 512].contains(where: { $0 != 0 }) {
      let field = place + 148..<place + 156
      file.replaceSubrange(field, with: repeatElement(0x20, count: 8))
      let sum = file[place..<place + 512].reduce(0) { $0 + Int($1) }
      for digit in 0..<6 { file[field.lowerBound + digit] = 0x30 + UInt8(sum >> (3 * (5 - digit)) & 7) }
      file[field.lowerBound + 6] = 0
      let size = file[place + 124..<place + 135].reduce(0) { $0 << 3 | Int($1 & 7) }
      place += 512 + (size + 511) / 512 * 512
    }
  }

  private static let sums: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
  }

  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in sums[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
  }
}

extension [UInt8] {
  /// Appends a number in some bytes, lowest first.
  mutating func append(little value: Int, _ count: Int) {
    for i in 0..<count { append(UInt8(truncatingIfNeeded: value >> (8 * i))) }
  }
}
