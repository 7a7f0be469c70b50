import Synchronization
import Torch

/// Where fetched files are kept, and fetching them: torch.hub's cache and downloads.
public enum Hub {
  /// The folder that was chosen, nil where none was.
  package final class Choice: Sendable {
    fileprivate let folder = Mutex<String?>(nil)
    package init() {}
  }

  /// The process's choice; a test takes one of its own, since others run beside it.
  @TaskLocal package static var choice = Choice()

  /// The folder of the cache, as torch.hub.get_dir: what ``setDir(_:)`` chose, else `$TORCH_HOME/hub`, else
  /// `$XDG_CACHE_HOME/torch/hub`, else `~/.cache/torch/hub`.
  ///
  /// Files of weights lie in its folder `checkpoints` under the names of their URLs, as PyTorch keeps them: what Python has
  /// fetched is found here, and the other way round.
  public static var dir: String {
    choice.folder.withLock { $0 } ?? Folder.join(torchHome, "hub")
  }

  /// Chooses the folder of the cache for this process, as torch.hub.set_dir; a leading `~` is the home folder.
  public static func setDir(_ dir: String) {
    let path = Folder.expanded(dir)
    choice.folder.withLock { $0 = path }
  }

  // Python takes a variable that is set to nothing as nothing, and so does this.
  private static var torchHome: String {
    if let home = Environment.variable("TORCH_HOME") { return Folder.expanded(home) }
    return Folder.expanded(Folder.join(Environment.variable("XDG_CACHE_HOME") ?? "~/.cache", "torch"))
  }

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
