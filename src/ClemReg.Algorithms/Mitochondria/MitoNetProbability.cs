using System.Numerics.Tensors;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Mitochondria;

/// <summary>The probability of being mitochondrion, as <see cref="MitoNetSegmentation"/> holds its threshold against in stack mode, before the median along the stack.</summary>
public static class MitoNetProbability
{
    /// <summary>Runs the network on the xy slices.</summary>
    /// <param name="em">The EM, read slice by slice.</param>
    /// <param name="network">The network.</param>
    /// <param name="options">How: the intensities, the downsampling and the padding count.</param>
    /// <param name="job">Threads, progress, cancellation.</param>
    /// <returns>Probabilities of 0 to 1 on the image's grid.</returns>
    /// <exception cref="BadInputException">An option is out of its range, the image has no known range of intensities, or the network's outputs are not such a network's.</exception>
    public static Volume<float> Run(ISliceSource em, IPanopticNetwork network, MitoNetOptions options, Job job)
    {
        options.Check();
        NormalisedSlices.WarnIfDark(em, options, job);
        (network, (int, int) least) = TiledPanopticNetwork.ForAnySize(network, options.PaddingFactor);
        using var slices = new NormalisedSlices(em, SliceAxis.XY, options, least, job);
        var semantic = new SemanticLogits(slices, network, options);
        var probability = new Volume<float>(em.Grid);
        try
        {
            for (int z = 0; z < slices.Count; z++)
            {
                PanopticOutput output = network.Run(slices.Read(z, job), slices.PaddedHeight, slices.PaddedWidth, job);
                job.ThrowIfCancelled();
                (ReadOnlyMemory<float> logits, int stride) = semantic.Of(output, z, job);
                for (int y = 0; y < slices.Height; y++) TensorPrimitives.Sigmoid(logits.Span.Slice(y * stride, slices.Width), probability.Row(z, y));
                job.Report((z + 1.0) / slices.Count);
            }
            return probability;
        }
        catch
        {
            probability.Dispose();
            throw;
        }
    }
}
