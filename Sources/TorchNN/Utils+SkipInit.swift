import CTorchRuntime
import Torch

extension Utils {
  /// Makes modules whose weights are not drawn, as `torch.nn.utils.skip_init`: for those that are loaded at once.
  ///
  /// ```swift
  /// let model = try Utils.skipInit { try Models.mobilenetV2() }
  /// try model.loadStateDict(load("mobilenet_v2.pth"), assign: true)
  /// ```
  ///
  /// Inside of `make` the functions of ``Init`` that draw leave their tensor as it is, and take nothing from the generator. Until
  /// they are loaded, the parameters hold whatever lay in their memory; what is not drawn, such as the scale of a norm, is set.
  /// - Parameter make: makes the modules, on this thread.
  public static func skipInit<R, E>(_ make: () throws(E) -> R) throws(E) -> R {
    let outer = ct_skips_draws()
    ct_set_skips_draws(true)
    defer { ct_set_skips_draws(outer) }
    return try make()
  }
}
