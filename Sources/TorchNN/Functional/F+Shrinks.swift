import Torch

// Activations that keep a distribution, shrink towards zero, or draw.

extension F {
  /// An exponential linear unit under which mean 0 and variance 1 stay, as `torch.nn.functional.selu`.
  ///
  /// Klambauer et al., "Self-Normalizing Neural Networks", 2017.
  /// - Precondition: the dtype is floating point.
  public static func selu(_ x: Tensor, inplace: Bool = false) -> Tensor { x.selu(inPlace: inplace) }

  /// `x` above zero, `alpha * (exp(x / alpha) - 1)` below, as `torch.nn.functional.celu`.
  ///
  /// Barron, "Continuously Differentiable Exponential Linear Units", 2017.
  /// - Precondition: `alpha` is not 0; the dtype is floating point.
  public static func celu(_ x: Tensor, alpha: Double = 1, inplace: Bool = false) -> Tensor {
    x.celu(alpha: alpha, inPlace: inplace)
  }

  /// Numbers within a bound become 0, as `torch.nn.functional.hardshrink`.
  /// - Precondition: the dtype is floating point.
  public static func hardshrink(_ x: Tensor, lambd: Double = 0.5) -> Tensor { x.hardshrink(bound: lambd) }

  /// Numbers moved towards 0 by a bound, as `torch.nn.functional.softshrink`.
  /// - Precondition: `lambd` is not negative; the dtype is floating point.
  public static func softshrink(_ x: Tensor, lambd: Double = 0.5) -> Tensor { x.softshrink(bound: lambd) }

  /// Negative numbers times a slope that is drawn for each, as `torch.nn.functional.rrelu`.
  ///
  /// Xu et al., "Empirical Evaluation of Rectified Activations in Convolutional Network", 2015. Without training the
  /// slope is the middle of the bounds.
  /// - Precondition: `lower` is not above `upper`; the dtype is floating point.
  public static func rrelu(
    _ x: Tensor, lower: Double = 1.0 / 8, upper: Double = 1.0 / 3, training: Bool = false, inplace: Bool = false
  ) -> Tensor {
    x.randomLeakyRelu(lower: lower, upper: upper, training: training, inPlace: inplace)
  }

  /// Draws from classes in a way that passes gradients, as `torch.nn.functional.gumbel_softmax`.
  ///
  /// Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", 2017.
  /// - Parameters:
  ///   - tau: the temperature: the lower, the nearer to a choice.
  ///   - hard: whether the result holds ones and zeros, with the gradient of the soft one.
  /// - Precondition: the dtype is floating point.
  public static func gumbelSoftmax(_ logits: Tensor, tau: Double = 1, hard: Bool = false, dim: Int = -1) -> Tensor {
    inOp("gumbel_softmax") {
      guard logits.isFloatingPoint() else {
        fault("gumbel_softmax", "logits want floating point; got \(logits.signature)")
      }
      let noise = noGrad {
        Tensor.empty(Array(logits.shape), dtype: logits.dtype, device: logits.device).exponential_().log().neg()
      }
      let soft = ((logits + noise) / tau).softmax(dim: dim)
      guard hard else { return soft }
      let index = soft.max(dim: dim, keepdim: true).indices
      let choice = Tensor.zeros(Array(logits.shape), dtype: logits.dtype, device: logits.device)
        .scatter_(dim: dim, index: index, value: 1)
      return choice - soft.detach() + soft
    }
  }
}
