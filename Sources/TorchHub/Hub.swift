import Synchronization
import Torch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where fetched files are kept, and fetching them: torch.hub's cache and downloads.
public enum Hub {
  private static let chosen = Mutex<String?>(nil)

  /// The folder of the cache, as torch.hub.get_dir: what ``setDir(_:)`` chose, else `$TORCH_HOME/hub`, else
  /// `$XDG_CACHE_HOME/torch/hub`, else `~/.cache/torch/hub`.
  ///
  /// Files of weights lie in its folder `checkpoints` under the names of their URLs, as PyTorch keeps them: what Python has
  /// fetched is found here, and the other way round.
  public static var dir: String {
    if let chosen = chosen.withLock({ $0 }) { return chosen }
    return Folder.join(torchHome, "hub")
  }

  /// Chooses the folder of the cache for this process, as torch.hub.set_dir; a leading `~` is the home folder.
  public static func setDir(_ dir: String) {
    let path = Folder.expanded(dir)
    chosen.withLock { $0 = path }
  }

  /// Goes back to what the environment says; for tests.
  package static func resetDir() { chosen.withLock { $0 = nil } }

  // Python takes a variable that is set to nothing as nothing, and so does this.
  private static var torchHome: String {
    if let home = environment("TORCH_HOME") { return Folder.expanded(home) }
    return Folder.expanded(Folder.join(environment("XDG_CACHE_HOME") ?? "~/.cache", "torch"))
  }

  private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// The MD5 of a file, in hex digits.
  package static func md5(of path: String) throws(HubError) -> String {
    try PartFile.digest(of: path, url: path, .md5)
  }

  /// The hash that a file's name carries, as torchvision's do: `f37072fd` of `resnet18-f37072fd.pth`; nil where there is none.
  ///
  /// It is what torch.hub finds: the hex digits, of lower case and any number, between the first `-` and `.` that have
  /// nothing else between them.
  package static func hashPrefix(of name: String) -> String? {
    let bytes = Array(name.utf8)
    for start in bytes.indices where bytes[start] == UInt8(ascii: "-") {
      let digits = bytes[(start + 1)...].prefix { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
      if digits.endIndex < bytes.count, bytes[digits.endIndex] == UInt8(ascii: ".") {
        return String(decoding: digits, as: UTF8.self)
      }
    }
    return nil
  }
}
