/// Writes small zip files of stored entries, with every field open to lies.
struct ZipWriter {
  struct Entry {
    var name: String
    var content: [UInt8]
    var checksum: UInt32?
    var method: UInt16 = 0
    var flags: UInt16 = 0
    /// The size that the headers claim.
    var size: UInt32?
    /// Where the directory says the entry starts.
    var start: UInt32?
    /// The name in the local header.
    var localName: String?
    var extra: [UInt8] = []
    /// Whether only the directory has it.
    var isHidden = false
  }

  var entries: [Entry]
  var count: UInt16?
  var directorySize: UInt32?
  var comment: [UInt8] = []

  /// A file as torch lays it out, around a pickle and storages.
  init(pickle: [UInt8], storages: [String: [UInt8]] = [:], more: [Entry] = []) {
    entries = [
      Entry(name: "a/data.pkl", content: pickle), Entry(name: "a/byteorder", content: Array("little".utf8)),
      Entry(name: "a/version", content: Array("3\n".utf8)),
    ]
    entries += storages.sorted { $0.key < $1.key }.map { Entry(name: "a/data/\($0.key)", content: $0.value) }
    entries += more
  }

  private static let sums: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
  }

  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in sums[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
  }

  static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  var bytes: [UInt8] {
    typealias Z = ZipWriter
    var file: [UInt8] = [], directory: [UInt8] = []
    for entry in entries {
      let name = Array(entry.name.utf8), localName = Array((entry.localName ?? entry.name).utf8)
      let packed = UInt32(entry.content.count), start = UInt32(file.count)
      var fields = Z.little(entry.flags) + Z.little(entry.method) + Z.little(UInt32(0))
      fields += Z.little(entry.checksum ?? Z.checksum(entry.content)) + Z.little(packed)
      fields += Z.little(entry.size ?? packed)
      if !entry.isHidden {
        file += Z.little(UInt32(0x0403_4b50)) + Z.little(UInt16(20)) + fields + Z.little(UInt16(localName.count))
        file += Z.little(UInt16(0)) + localName + entry.content
      }
      directory += Z.little(UInt32(0x0201_4b50)) + Z.little(UInt16(20)) + Z.little(UInt16(20)) + fields
      directory += Z.little(UInt16(name.count)) + Z.little(UInt16(entry.extra.count))
      directory += [UInt8](repeating: 0, count: 10) + Z.little(entry.start ?? start) + name + entry.extra
    }
    let start = UInt32(file.count), count = count ?? UInt16(entries.count)
    file += directory + Z.little(UInt32(0x0605_4b50)) + [0, 0, 0, 0] + Z.little(count) + Z.little(count)
    file += Z.little(directorySize ?? UInt32(directory.count)) + Z.little(start)
    return file + Z.little(UInt16(comment.count)) + comment
  }
}
