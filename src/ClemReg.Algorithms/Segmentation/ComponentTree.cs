using System.Numerics;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Algorithms.Segmentation;

/// <summary>
/// The tree of an image's bright components: for each grey level the 4-connected parts that are at least so bright, each within one of the level
/// below (the max-tree). Its leaves are the local maxima, its root is the whole image.
/// </summary>
/// <remarks>
/// Built by a flood that always goes on where it is brightest (D. Nistér and H. Stewénius 2008, "Linear time maximally stable extremal regions").
/// Memory: 14 bytes a pixel and 18 a component.
/// </remarks>
public sealed class ComponentTree
{
    private readonly int[] _node;
    private readonly int[] _parent;
    private readonly ushort[] _level;

    /// <summary>Builds the tree.</summary>
    /// <param name="levels">Grey levels.</param>
    /// <param name="job">Cancellation.</param>
    public ComponentTree(Plane<ushort> levels, Job job)
    {
        (Height, Width) = (levels.Height, levels.Width);
        int[] smallest = Flood(levels, out List<Component> found, job);
        // Components are numbered in the order of their levels, those of one level in the order of their first pixels.
        var next = new int[ushort.MaxValue + 2];
        foreach (Component c in found) next[c.Level + 1]++;
        for (int i = 1; i < next.Length; i++) next[i] += next[i - 1];
        var number = new int[found.Count];
        Array.Fill(number, -1);
        _node = new int[levels.Values.Length];
        for (int y = 0, p = 0; y < Height; y++)
            foreach (int component in smallest.AsSpan((y + 1) * (Width + 2) + 1, Width))
            {
                ref int own = ref number[component];
                if (own < 0) own = next[found[component].Level]++;
                _node[p++] = own;
            }
        _parent = new int[number.Length];
        _level = new ushort[number.Length];
        for (int i = 0; i < number.Length; i++)
        {
            _parent[number[i]] = number[found[i].Parent];
            _level[number[i]] = found[i].Level;
        }
    }

    private readonly record struct Component(int Parent, ushort Level);

    /// <summary>Finds the components, and for each pixel, within a frame, the smallest one that it belongs to.</summary>
    private static unsafe int[] Flood(Plane<ushort> levels, out List<Component> found, Job job)
    {
        int stride = levels.Width + 2;
        ushort[] framed = FramedPlane.Add(levels, (ushort)0);
        int[] smallest = new int[framed.Length], links = new int[framed.Length];
        for (int y = 1; y <= levels.Height; y++) links.AsSpan(y * stride + 1, levels.Width).Fill(WaitingPixels.Dry);
        ReadOnlySpan<int> offsets = [-stride, -1, 1, stride];
        found = [];
        // The components around the one that the flood is in, each within the one below it.
        var open = new Stack<int>();
        var waiting = new WaitingPixels();
        fixed (ushort* grey = framed)
        fixed (int* link = links)
        {
            int p = stride + 1, top = 0;
            link[p] = WaitingPixels.Last;
            found.Add(new Component(0, grey[p]));
            for (long done = 0; ; done++)
            {
                if ((done & 0x3ffff) == 0) job.ThrowIfCancelled();
                ushort level = grey[p];
                int brighter = 0;
                foreach (int offset in offsets)
                {
                    int q = p + offset;
                    if (link[q] != WaitingPixels.Dry) continue;
                    if (grey[q] > level)
                    {
                        brighter = q;
                        break;
                    }
                    waiting.Add(link, q, grey[q]);
                }
                if (brighter != 0)
                {
                    // The rest of this pixel's neighbours come when all that is brighter has been flooded.
                    waiting.Add(link, p, level);
                    link[brighter] = WaitingPixels.Last;
                    open.Push(top);
                    top = found.Count;
                    found.Add(new Component(top, grey[brighter]));
                    p = brighter;
                    continue;
                }
                smallest[p] = top;
                if (!waiting.TryTake(link, grey, ref p)) break;
                ushort next = grey[p];
                if (next == level) continue;
                // Components that are brighter than what is flooded next are complete.
                while (found[top].Level > next)
                {
                    int inner = top;
                    if (!open.TryPeek(out int outer) || found[outer].Level < next)
                    {
                        top = found.Count;
                        found.Add(new Component(top, next));
                    }
                    else
                    {
                        top = open.Pop();
                    }
                    found[inner] = found[inner] with { Parent = top };
                }
            }
            // The root keeps its own number for a parent.
            for (; open.TryPop(out int outer); top = outer) found[top] = found[top] with { Parent = outer };
        }
        return smallest;
    }

    /// <summary>Pixels that the flood has reached and not yet flooded: a list for each level, linked from pixel to pixel, and bits that tell which lists hold some.</summary>
    private sealed unsafe class WaitingPixels
    {
        /// <summary>What stands for a link of pixels that were not reached, and at the end of a list.</summary>
        public const int Dry = -1, Last = -2;

        private readonly int[] _first = new int[ushort.MaxValue + 1];
        private readonly ulong[] _filled = new ulong[1024];
        private readonly ulong[] _filledWords = new ulong[16];

        public void Add(int* link, int pixel, ushort level)
        {
            int word = level >> 6;
            ulong bit = 1UL << (level & 63);
            link[pixel] = (_filled[word] & bit) != 0 ? _first[level] : Last;
            _first[level] = pixel;
            _filled[word] |= bit;
            _filledWords[word >> 6] |= 1UL << (word & 63);
        }

        /// <summary>Takes one of the brightest; false when none waits. None may be brighter than <paramref name="pixel"/>.</summary>
        public bool TryTake(int* link, ushort* grey, ref int pixel)
        {
            int word = grey[pixel] >> 6;
            if (_filled[word] == 0)
            {
                int words = word >> 6;
                while (_filledWords[words] == 0)
                    if (--words < 0)
                        return false;
                word = words << 6 | BitOperations.Log2(_filledWords[words]);
            }
            int level = word << 6 | BitOperations.Log2(_filled[word]);
            pixel = _first[level];
            if (link[pixel] != Last)
            {
                _first[level] = link[pixel];
                return true;
            }
            _filled[word] &= ~(1UL << (level & 63));
            if (_filled[word] == 0) _filledWords[word >> 6] &= ~(1UL << (word & 63));
            return true;
        }
    }

    /// <summary>Rows of the image.</summary>
    public int Height { get; }

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>Components. They are numbered so that each comes after the one it lies in; 0 is the whole image.</summary>
    public int Count => _parent.Length;

    /// <summary>The smallest component that each pixel belongs to.</summary>
    public ReadOnlySpan<int> Nodes => _node;

    /// <summary>The component of a lower level that each component lies in; the root's is itself.</summary>
    public ReadOnlySpan<int> Parents => _parent;

    /// <summary>The grey level that each component's darkest pixel has.</summary>
    public ReadOnlySpan<ushort> Levels => _level;

    /// <summary>Adds up, for each component, what its own pixels have and what all components within it have.</summary>
    public void Accumulate<T>(Span<T> perNode)
        where T : IAdditionOperators<T, T, T>
    {
        for (int i = Count - 1; i > 0; i--) perNode[_parent[i]] += perNode[i];
    }

    /// <summary>Fills dark holes of at most so many pixels: each to the level at which it would run over (area closing, L. Vincent 1993).</summary>
    /// <param name="levels">Grey levels.</param>
    /// <param name="area">Pixels, 0 or more.</param>
    /// <param name="job">Cancellation.</param>
    public static Plane<ushort> AreaClosing(Plane<ushort> levels, int area, Job job)
    {
        var dark = new Plane<ushort>(levels.Height, levels.Width);
        for (int i = 0; i < dark.Values.Length; i++) dark.Values[i] = (ushort)(ushort.MaxValue - levels.Values[i]);
        var tree = new ComponentTree(dark, job);
        var size = new double[tree.Count];
        foreach (int node in tree.Nodes) size[node]++;
        tree.Accumulate<double>(size);
        var filled = new ushort[tree.Count];
        for (int i = 0; i < filled.Length; i++) filled[i] = i > 0 && size[i] <= area ? filled[tree._parent[i]] : tree._level[i];
        for (int i = 0; i < dark.Values.Length; i++) dark.Values[i] = (ushort)(ushort.MaxValue - filled[tree._node[i]]);
        return dark;
    }
}
