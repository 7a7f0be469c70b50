/// What a zip file of torch's says of itself, beside the pickle.
struct ZipHead {
  /// The name that all entries begin with, slash included.
  let folder: String
  /// Whether it is a TorchScript archive, of which no more is read.
  let isScript: Bool
  private(set) var version: String?
  private(set) var byteOrder: String?

  /// Nil where the archive has no `data.pkl` in a folder of its own, and so is not torch's.
  /// - Throws: where one of the small entries is damaged, too large or no text.
  init?(_ archive: ZipArchive) throws(FormatError) {
    guard let pickle = archive.entries.first(where: { Self.isPickle($0.name) }) else { return nil }
    folder = String(pickle.name.dropLast("data.pkl".count))
    isScript = archive[folder + "constants.pkl"] != nil
    if isScript { return }
    version = try text("version", in: archive)
    if version == nil { version = try text(".data/version", in: archive) }
    byteOrder = try text("byteorder", in: archive)
  }

  private static func isPickle(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[1] == "data.pkl"
  }

  /// The first word of a small entry; nil where there is no such entry.
  private func text(_ name: String, in archive: ZipArchive) throws(FormatError) -> String? {
    guard let entry = archive[folder + name] else { return nil }
    let bytes = try archive.bytes(of: entry, limit: 256)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FormatError(.damagedArchive, "has an entry \(JSON.quoted(name)) that is no text")
    }
    return text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
  }
}
