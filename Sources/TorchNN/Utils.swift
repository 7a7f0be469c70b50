import Torch

/// Functions over the parameters of a model, as `torch.nn.utils`.
public enum Utils {
  /// Scales gradients down so that their norm, taken over all as one vector, is at most `maxNorm`; as
  /// `torch.nn.utils.clip_grad_norm_`.
  ///
  /// ```swift
  /// loss.backward()
  /// Utils.clipGradNorm_(model.parameters(), maxNorm: 1.0)
  /// optimizer.step()
  /// ```
  /// - Parameters:
  ///   - parameters: the tensors whose gradients are scaled; those without one are left out.
  ///   - maxNorm: the largest norm.
  ///   - normType: 2 for the Euclidean length, infinity for the largest magnitude.
  ///   - errorIfNonfinite: whether a norm that is NaN or infinite is a fault; else gradients are scaled by it.
  /// - Returns: the norm before, as a tensor without dimensions.
  /// - Precondition: with `errorIfNonfinite`, the norm is finite.
  @discardableResult
  public static func clipGradNorm_(
    _ parameters: [Tensor], maxNorm: Double, normType: Double = 2, errorIfNonfinite: Bool = false
  ) -> Tensor {
    inOp("clip_grad_norm_") {
      let total = getTotalNorm(parameters.compactMap(\.grad), normType: normType, errorIfNonfinite: errorIfNonfinite)
      clipGradsWithNorm_(parameters, maxNorm: maxNorm, totalNorm: total)
      return total
    }
  }

  /// As ``clipGradNorm_(_:maxNorm:normType:errorIfNonfinite:)-([Tensor],_,_,_)``, of one parameter.
  @discardableResult
  public static func clipGradNorm_(
    _ parameter: Tensor, maxNorm: Double, normType: Double = 2, errorIfNonfinite: Bool = false
  ) -> Tensor { clipGradNorm_([parameter], maxNorm: maxNorm, normType: normType, errorIfNonfinite: errorIfNonfinite) }

  /// Scales gradients by `maxNorm / totalNorm` where that is below 1, as `torch.nn.utils.clip_grads_with_norm_`.
  /// - Parameters:
  ///   - parameters: the tensors whose gradients are scaled.
  ///   - maxNorm: the largest norm.
  ///   - totalNorm: the norm of all gradients, from ``getTotalNorm(_:normType:errorIfNonfinite:)``.
  public static func clipGradsWithNorm_(_ parameters: [Tensor], maxNorm: Double, totalNorm: Tensor) {
    noGrad {
      let factor = (maxNorm / (totalNorm + 1e-6)).clamp(max: 1.0)
      for grad in parameters.compactMap(\.grad) { grad.detach().mul_(factor.to(grad.device)) }
    }
  }

  /// The norm of tensors taken as one vector, as `torch.nn.utils.get_total_norm`.
  /// - Parameters:
  ///   - tensors: usually gradients; the norm of none is 0.
  ///   - normType: 2 for the Euclidean length, infinity for the largest magnitude.
  ///   - errorIfNonfinite: whether a norm that is NaN or infinite is a fault.
  /// - Precondition: floating point; with `errorIfNonfinite`, the norm is finite.
  public static func getTotalNorm(
    _ tensors: [Tensor], normType: Double = 2, errorIfNonfinite: Bool = false
  ) -> Tensor {
    inOp("get_total_norm") {
      guard let device = tensors.first?.device else { return Tensor(0.0) }
      return noGrad {
        let norms = tensors.map { Linalg.vectorNorm($0.detach(), ord: normType).to(device) }
        let total = Linalg.vectorNorm(Tensor.stack(norms), ord: normType)
        if errorIfNonfinite, !(total.item() as Double).isFinite {
          fault(
            "get_total_norm",
            "the norm of order \(normType) is \(total.item() as Double); look for the NaN or infinity in the loss, or "
              + "leave errorIfNonfinite out to go on")
        }
        return total
      }
    }
  }

  /// Cuts the elements of gradients to `-clipValue ... clipValue`, as `torch.nn.utils.clip_grad_value_`.
  /// - Parameters:
  ///   - parameters: the tensors whose gradients are cut; those without one are left out.
  ///   - clipValue: the largest magnitude.
  public static func clipGradValue_(_ parameters: [Tensor], clipValue: Double) {
    noGrad {
      for grad in parameters.compactMap(\.grad) { grad.detach().clamp_(min: -clipValue, max: clipValue) }
    }
  }

  /// As ``clipGradValue_(_:clipValue:)-([Tensor],_)``, of one parameter.
  public static func clipGradValue_(_ parameter: Tensor, clipValue: Double) {
    clipGradValue_([parameter], clipValue: clipValue)
  }

  /// All parameters in one row, as `torch.nn.utils.parameters_to_vector`. Gradients flow back to them.
  /// - Precondition: there is a parameter; all are on one device.
  public static func parametersToVector(_ parameters: [Tensor]) -> Tensor {
    inOp("parameters_to_vector") { Tensor.cat(parameters.map { $0.reshape(-1) }) }
  }

  /// Gives each parameter its part of a row, as `torch.nn.utils.vector_to_parameters`.
  ///
  /// As in torch, the parameters' data become views of `vector`: a change of one is a change of the other.
  /// - Precondition: `vector` has as many elements as the parameters together, or more.
  public static func vectorToParameters(_ vector: Tensor, _ parameters: [Tensor]) {
    inOp("vector_to_parameters") {
      let wanted = parameters.reduce(0) { $0 + $1.numel() }
      if vector.ndim != 1 || vector.numel() < wanted {
        fault(
          "vector_to_parameters",
          "wants a row of \(wanted) elements for \(parameters.count) parameters, got \(vector.shape.brackets)")
      }
      var offset = 0
      for parameter in parameters {
        let part = vector.narrow(dim: 0, start: offset, length: parameter.numel())
        parameter.setData_(part.view(as: parameter).detach())
        offset += parameter.numel()
      }
    }
  }
}
