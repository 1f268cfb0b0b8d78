using ClemReg.Algorithms.Segmentation;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Evaluation;

/// <summary>
/// The structures of a mask, or of an image with one value a class: each 26-connected component of each value gets a label of its own,
/// from 1, value by value and in scan order (z, y, x).
/// </summary>
public sealed class SeparateStructures : ISliceSource
{
    /// <summary>More values than this are labels already.</summary>
    private const int MostValues = 64;

    /// <summary>Labels are read as float, which holds whole numbers up to here.</summary>
    private const int MostLabels = 1 << 24;

    private readonly ConnectedComponents[] _parts;
    private readonly int[] _first;
    private readonly int[] _values;
    private int[] _slice = [];

    private SeparateStructures(Grid grid, int[] values, ConnectedComponents[] parts)
    {
        Grid = grid;
        _values = values;
        _parts = parts;
        _first = new int[parts.Length + 1];
        for (int i = 0; i < parts.Length; i++) _first[i + 1] = checked(_first[i] + parts[i].Count);
    }

    /// <inheritdoc/>
    public Grid Grid { get; }

    /// <summary>Labels are whole numbers as float.</summary>
    public VoxelType Type => VoxelType.Float32;

    /// <summary>The number of structures; their labels are 1 to this.</summary>
    public int Count => _first[^1];

    /// <summary>The value that a structure has in the image.</summary>
    /// <param name="label">1 to <see cref="Count"/>.</param>
    public int ValueOf(int label)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(label, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(label, Count);
        int i = 0;
        while (label > _first[i + 1]) i++;
        return _values[i];
    }

    /// <summary>Finds the structures.</summary>
    /// <param name="image">Whole numbers; 0 is background.</param>
    /// <param name="job">Threads, cancellation, progress.</param>
    /// <exception cref="BadInputException">A value is no whole number, or there are more values than classes could be.</exception>
    public static SeparateStructures Find(ISliceSource image, Job job)
    {
        Size3 size = image.Grid.Size;
        var slices = new FloatSlices(image);
        float[] slice = slices.Slice;
        var values = new SortedSet<int>();
        for (int z = 0; z < size.Z; z++)
        {
            slices.Read(z, job);
            float last = 0;
            foreach (float v in slice)
            {
                if (!(v > 0) || v == last) continue;
                last = v;
                values.Add(StructureOverlap.LabelOf(v, z));
                if (values.Count > MostValues)
                    throw new BadInputException($"The label image has more than {MostValues} values, so its structures are labelled already. Leave label_components out, or give a mask or an image with one value for each class.");
            }
            job.Report(0.2 * (z + 1) / size.Z);
        }
        int[] all = [.. values];
        var parts = new ConnectedComponents[all.Length];
        var selected = new byte[slice.Length];
        for (int i = 0; i < all.Length; i++)
        {
            using var mask = new BitVolume(image.Grid);
            for (int z = 0; z < size.Z; z++)
            {
                slices.Read(z, job);
                for (int k = 0; k < slice.Length; k++) selected[k] = slice[k] == all[i] ? (byte)1 : (byte)0;
                mask.SetSlice<byte>(z, selected, 0);
            }
            parts[i] = ConnectedComponents.Label(mask, job);
            job.Report(0.2 + 0.8 * (i + 1) / all.Length);
        }
        var found = new SeparateStructures(image.Grid, all, parts);
        if (found.Count > MostLabels) throw new BadInputException($"The label image has {found.Count} separate structures; at most {MostLabels} can be measured. Remove specks from it first.");
        return found;
    }

    /// <inheritdoc/>
    public void ReadSlice(int z, Span<byte> destination)
    {
        if (_slice.Length == 0) _slice = new int[Grid.Size.SliceCount];
        Span<float> labels = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(destination);
        labels.Clear();
        for (int i = 0; i < _parts.Length; i++)
        {
            _parts[i].ReadSlice(z, _slice);
            for (int k = 0; k < _slice.Length; k++)
                if (_slice[k] > 0) labels[k] = _first[i] + _slice[k];
        }
    }
}
