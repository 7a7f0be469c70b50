/// Files that one meets among weights and that are not read here: what they are, and what to do with them.
enum ForeignFile {
  /// What files of other programs begin with.
  private static let beginnings: [(start: [UInt8], what: String)] = [
    (
      Array("version https://git-lfs.github.com/".utf8),
      "is a pointer of Git LFS, not the file itself: `git lfs pull` fetches it"
    ),
    ([0x1f, 0x8b], "is packed by gzip: unpack it first (gzip -d)"),
    (Array("BZh".utf8), "is packed by bzip2: unpack it first (bzip2 -d)"),
    ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "is packed by xz: unpack it first (xz -d)"),
    ([0x28, 0xb5, 0x2f, 0xfd], "is packed by Zstandard: unpack it first (zstd -d)"),
    ([0x89, 0x48, 0x44, 0x46], "is an HDF5 file, as Keras writes it, which is not read here"),
    (Array("GGUF".utf8), "is a GGUF file, which is not read here"),
  ]

  /// What a file is that begins like none that is read here.
  static func sentence(about start: [UInt8], _ source: RandomAccessBytes) -> String {
    if start.isEmpty { return "is empty: nothing was written or downloaded" }
    for (beginning, what) in beginnings where start.starts(with: beginning) { return what }
    if isPage(start) {
      return "is a page of the web (HTML), not the file: its address leads to a page about it, or to an error"
    }
    if isTar(start) {
      if hasOldTorch(source) {
        return "is in the tar format of torch 0.1, which is not read here; torch.save it again with any newer torch"
      }
      return "is a tar archive: unpack it first (tar -xf) and load the file within"
    }
    if start[0] == 0x80, start.count > 1, start[1] <= 5 {
      return "is a pickle that torch.save did not write; torch.save(pickle.load(...), ...) in Python makes one that "
        + "is read here"
    }
    return "is no file of torch.save, nor safetensors, nor of NumPy: it begins like none of them"
  }

  /// What a zip file is that holds neither torch's pickle nor arrays of NumPy alone.
  static func sentence(aboutArchiveOf names: [String]) -> String {
    if names.contains(where: { $0.hasSuffix("/code/") || $0.contains("/code/__torch__") }) {
      return "is a TorchScript archive, which is not read here"
    }
    if names.contains("model.weights.h5") { return "is a file of Keras, which is not read here" }
    if names.contains(where: { $0.hasSuffix(".pth") || $0.hasSuffix(".pt") || $0.hasSuffix(".safetensors") }) {
      return "is a zip file with weights in it: unpack it first"
    }
    return "is a zip file, but not of torch.save: it has no data.pkl in a folder of its own"
  }

  /// A page of the web, where a download went wrong.
  private static func isPage(_ start: [UInt8]) -> Bool {
    let text = String(decoding: start.prefix(256), as: UTF8.self).drop { $0.isWhitespace }.lowercased()
    return ["<!doctype", "<html", "<?xml", "<head", "<!--"].contains { text.hasPrefix($0) }
  }

  private static func isTar(_ start: [UInt8]) -> Bool {
    start.count >= 262 && start[257..<262].elementsEqual("ustar".utf8)
  }

  /// Whether one of the first members of a tar archive is one that torch 0.1 wrote.
  private static func hasOldTorch(_ source: RandomAccessBytes) -> Bool {
    var position = 0
    for _ in 0..<8 {
      guard let header = try? source.bytes(min(512, max(source.count - position, 0)), at: position).bytes,
        header.count == 512, isTar(header)
      else { return false }
      let name = String(decoding: header.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
      if ["sys_info", "pickle", "storages", "tensors"].contains(name) { return true }
      // The size stands in octal digits.
      let digits = header[124..<136].filter { 0x30...0x37 ~= $0 }
      let size = digits.reduce(0) { ($0 << 3 | Int($1 - 0x30)) & 0xffff_ffff_ffff }
      position += 512 + (size + 511) / 512 * 512
    }
    return false
  }
}
