using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Inference.ImageModels;

/// <summary>Whether a model's pieces fit into memory; where they do not, the message with the em_tile that does.</summary>
/// <param name="provider">What computes: of a graphics processor's memory nothing is known beforehand.</param>
/// <param name="card">What is known about the model.</param>
/// <param name="input">Its input.</param>
/// <param name="run">Runs it on a piece of that size, of zeros.</param>
/// <param name="memory">What the session's runs need.</param>
internal sealed class PieceMemory(ExecutionProvider provider, ModelCard card, TensorInfo input, Action<Size3, Job> run, RunMemory memory)
{
    /// <summary>Sides of the pieces that tell what larger ones need.</summary>
    private const int SmallTile = 256, SmallCube = 64;

    /// <summary>The model ran on such a piece.</summary>
    public void Ran(Size3 tile) => memory.Ran(Numbers(tile));

    /// <summary>Estimates, before the system ends the process for it, whether pieces fit.</summary>
    /// <exception cref="OutOfMemoryBudgetException">They do not; the message says which would.</exception>
    public void Check(Size3 tile, Job job)
    {
        if (provider == ExecutionProvider.Cpu && memory.Check(Numbers(tile), () => RunSmall(tile, job)) is { } shortage) throw TooLarge(tile, shortage.ToString(), Fitting(tile, shortage.Fitting));
        if (Numbers(tile) > int.MaxValue) throw TooLarge(tile, $"more than {int.MaxValue} numbers", Fitting(tile, int.MaxValue));
    }

    /// <summary>What to say of a piece for which there was not enough memory: smaller ones are tried until one fits.</summary>
    public OutOfMemoryBudgetException Failed(Size3 tile, OutOfMemoryBudgetException inner, Job job)
    {
        Size3 less = WithSides(tile, Side(tile) / 2);
        for (Size3 last = tile; Numbers(less) < Numbers(last); (last, less) = (less, WithSides(less, Side(less) / 2)))
            if (Runs(less, job)) return TooLarge(tile, "more memory than there is", Side(less), inner);
        return TooLarge(tile, "more memory than there is", 0, inner);
    }

    private static int Side(Size3 tile) => Math.Max(tile.Z, Math.Max(tile.Y, tile.X));

    private OutOfMemoryBudgetException TooLarge(Size3 tile, string need, int fitting, Exception? inner = null)
    {
        string advice = fitting > 0 && Numbers(WithSides(tile, fitting)) < Numbers(tile) ? $"Set em_tile = {fitting}, which fits, or close other programs."
            : "It takes no smaller ones: close other programs, or use a machine with more memory.";
        return new OutOfMemoryBudgetException($"em_tile = {Side(tile)} (pieces of {tile} pixels, z x y x x) is too large: the model {card.Name} needs {need} for one. {advice}", inner);
    }

    /// <summary>The side of the largest piece of so many numbers.</summary>
    private int Fitting(Size3 tile, long numbers)
    {
        int axes = Math.Max(1, Enumerable.Range(0, 3).Count(Open)), multiple = Math.Max(card.MultipleOf.Z, Math.Max(card.MultipleOf.Y, card.MultipleOf.X));
        int side = (int)(Side(tile) * Math.Pow((double)numbers / Numbers(tile), 1.0 / axes));
        return Math.Max(multiple, side / multiple * multiple);
    }

    /// <summary>Runs the model on a small piece; how many numbers that were, or 0 if there is none that it takes.</summary>
    private long RunSmall(Size3 tile, Job job)
    {
        for (int side = card.Volumetric ? SmallCube : SmallTile; side < Side(tile); side *= 2)
        {
            Size3 small = WithSides(tile, side);
            if (Numbers(small) >= Numbers(tile)) break;
            try
            {
                return Runs(small, job) ? Numbers(small) : 0;
            }
            catch (ModelException)
            {
                // Too little for a network of many valid convolutions.
            }
        }
        return 0;
    }

    private bool Runs(Size3 tile, Job job)
    {
        try
        {
            run(tile, job);
            return true;
        }
        catch (OutOfMemoryBudgetException)
        {
            return false;
        }
    }

    private long Numbers(Size3 tile) => card.Channels * tile.Count;

    /// <summary>Whether em_tile decides about an axis (z, y, x).</summary>
    private bool Open(int axis) => (axis > 0 || card.Volumetric) && input.Shape[input.Shape.Count - 3 + axis].Size < 0;

    /// <summary>What em_tile = <paramref name="side"/> makes of a piece, or what is less already.</summary>
    private Size3 WithSides(Size3 tile, int side)
    {
        int Along(int axis, int now, int multiple) => Open(axis) ? Math.Min(now, Math.Max(1, (side + multiple - 1) / multiple) * multiple) : now;
        return new Size3(Along(0, tile.Z, card.MultipleOf.Z), Along(1, tile.Y, card.MultipleOf.Y), Along(2, tile.X, card.MultipleOf.X));
    }
}
