using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClemReg.Algorithms;
using ClemReg.Algorithms.Pipelines;
using ClemReg.Algorithms.PointClouds;
using ClemReg.Algorithms.Transforms;
using ClemReg.Algorithms.Volumes;

namespace ClemReg.Bridge;

/// <summary>
/// What Java can ask for, free of JNI types, so that another host than the JNI one can serve it: volumes, clouds and transforms under
/// numbers, and named operations on them.
/// </summary>
public sealed class Host
{
    /// <summary>The code of a one-bit mask where Java names a voxel kind; the others are those of <see cref="VoxelType"/>.</summary>
    public const int MaskKind = 0;

    /// <summary>Copies the caller's voxels to where they belong.</summary>
    public delegate void Fill(Span<byte> destination);

    /// <summary>Takes the voxels of a slice.</summary>
    public delegate void Take(ReadOnlySpan<byte> voxels);

    private readonly HandleTable _handles = new();

    /// <summary>0: about, 1: the schema, 2: memory.</summary>
    public string Text(int what) => what switch
    {
        0 => About(),
        1 => Operations.Schema().ToJsonString(),
        2 => Memory(),
        _ => throw BadInputException.ForParameter("what", what, "0, 1 or 2"),
    };

    /// <summary>The grid of three arrays in z, y, x order, spacing and origin in nm.</summary>
    public static Grid Grid(int[]? size, double[]? spacing, double[]? origin)
    {
        int[] n = size ?? throw Missing("size");
        double[] h = spacing ?? throw Missing("spacing");
        double[] o = origin ?? throw Missing("origin");
        if (n.Length != 3 || h.Length != 3 || o.Length != 3)
            throw BadInputException.ForParameter("size, spacing, origin", $"{n.Length}, {h.Length}, {o.Length} numbers", "3 numbers each (z, y, x)");
        return new Grid(new Size3(n[0], n[1], n[2]), new Point3(h[0], h[1], h[2]), new Point3(o[0], o[1], o[2]));
    }

    /// <summary>The error about something that Java gave as null.</summary>
    public static BadInputException Missing(string name) => BadInputException.ForParameter(name, null, "given (not null)");

    /// <summary>Version, instruction set and processors.</summary>
    private static string About()
    {
        string level = System.Runtime.Intrinsics.X86.Avx2.IsSupported && System.Runtime.Intrinsics.X86.Fma.IsSupported ? "AVX2"
            : System.Runtime.Intrinsics.X86.Sse2.IsSupported ? "SSE2"
            : System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported ? "NEON" : "scalar";
        return new JsonObject
        {
            ["version"] = Operations.Version,
            ["instruction_set"] = level,
            ["host"] = System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeCompiled ? "JIT" : "NativeAOT",
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["platform"] = RuntimeInformation.RuntimeIdentifier,
            ["processors"] = Environment.ProcessorCount,
        }.ToJsonString();
    }

    /// <summary>Figures for reports and leak tests.</summary>
    private string Memory()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return new JsonObject
        {
            ["peak_memory_mb"] = Math.Round(process.PeakWorkingSet64 / 1048576.0, 1),
            ["native_bytes"] = NativeBuffer.LiveBytes,
            ["handles"] = _handles.Count,
        }.ToJsonString();
    }

    /// <summary>Makes an empty volume or mask.</summary>
    public long CreateVolume(int kind, Grid grid) =>
        _handles.Add(kind == MaskKind ? new BitVolume(grid) : Volume.Create(grid, Type(kind)));

    /// <summary>Makes an image whose slices stay with the caller.</summary>
    public long CreateSource(int kind, Grid grid)
    {
        var source = new HostSource(grid, Type(kind));
        return source.Handle = _handles.Add(source);
    }

    /// <summary>Makes a cloud from z, y, x triples in nm.</summary>
    public long CreatePoints(ReadOnlySpan<double> zyx)
    {
        if (zyx.Length % 3 != 0) throw BadInputException.ForParameter("points", zyx.Length + " numbers", "triples of z, y, x");
        return _handles.Add(new PointCloud(MemoryMarshal.Cast<double, Point3>(zyx).ToArray()));
    }

    /// <summary>The z, y, x triples of a cloud.</summary>
    public double[] ReadPoints(long handle)
    {
        using HandleTable.Lease lease = _handles.Use(handle);
        return MemoryMarshal.Cast<Point3, double>(As<PointCloud>(lease, handle, "points").Points).ToArray();
    }

    /// <summary>Reads a transform.json.</summary>
    public long CreateTransform(string json) => _handles.Add(TransformFile.Read(json));

    /// <summary>Calls <paramref name="fill"/> with the memory that slice <paramref name="z"/> is written to.</summary>
    /// <param name="handle">A volume, a mask, or a source that asked for this slice.</param>
    /// <param name="z">From 0.</param>
    /// <param name="type">The type of the caller's voxels.</param>
    /// <param name="count">The number of the caller's voxels.</param>
    /// <param name="fill">Copies count voxels.</param>
    public void WriteSlice(long handle, int z, VoxelType type, int count, Fill fill)
    {
        using HandleTable.Lease lease = _handles.Use(handle);
        switch (lease.Value)
        {
            case Volume volume:
                CheckSlice(volume, z, type, count);
                fill(volume.SliceBytes(z));
                CheckFinite(volume.SliceBytes(z), type, z, volume.Grid.Size.X);
                break;
            case HostSource source:
                CheckSlice(source, z, type, count);
                fill(source.Deliver(z));
                CheckFinite(source.Deliver(z), type, z, source.Grid.Size.X);
                source.Delivered();
                break;
            case BitVolume mask:
                CheckSlice(mask, z, null, count);
                byte[] rented = ArrayPool<byte>.Shared.Rent(checked(count * (int)type));
                try
                {
                    Span<byte> bytes = rented.AsSpan(0, count * (int)type);
                    fill(bytes);
                    CheckFinite(bytes, type, z, mask.Grid.Size.X);
                    if (type == VoxelType.UInt8) mask.SetSlice<byte>(z, bytes, 0);
                    else if (type == VoxelType.UInt16) mask.SetSlice<ushort>(z, MemoryMarshal.Cast<byte, ushort>(bytes), 0);
                    else mask.SetSlice<float>(z, MemoryMarshal.Cast<byte, float>(bytes), 0f);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(rented);
                }
                break;
            default:
                throw Wrong(lease, handle, "volume, mask or source");
        }
    }

    /// <summary>Calls <paramref name="take"/> with the voxels of slice <paramref name="z"/>.</summary>
    /// <param name="handle">A volume, a mask or a result that is computed now.</param>
    /// <param name="z">From 0.</param>
    /// <param name="type">The type of the caller's voxels.</param>
    /// <param name="count">The number of the caller's voxels.</param>
    /// <param name="take">Takes them.</param>
    /// <param name="asker">Gives slices of images that stay with the caller, if the result is computed from one.</param>
    public void ReadSlice(long handle, int z, VoxelType type, int count, Take take, HostSource.Ask? asker = null)
    {
        using HandleTable.Lease lease = _handles.Use(handle);
        if (lease.Value is HostSource || lease.Value is not ISliceSource source) throw Wrong(lease, handle, "volume or mask");
        CheckSlice(source, z, type, count);
        if (source is Volume volume)
        {
            take(volume.SliceBytes(z));
            return;
        }
        byte[] rented = ArrayPool<byte>.Shared.Rent(checked(count * (int)type));
        try
        {
            HostSource.Reading(asker, () =>
            {
                lock (source) source.ReadSlice(z, rented.AsSpan(0, count * (int)type));
            });
            take(rented.AsSpan(0, count * (int)type));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>What is under a number, as JSON.</summary>
    public string Describe(long handle)
    {
        using HandleTable.Lease lease = _handles.Use(handle);
        object value = lease.Value;
        if (value is SpatialTransform transform) return TransformFile.Write(transform, TransformFile.MovingToFixed).ToJsonString();
        var json = new JsonObject { ["kind"] = Operation.KindName(value) };
        if (value is PointCloud cloud) json["count"] = cloud.Count;
        if (value is ISliceSource source)
        {
            json["type"] = source.Type.ToString().ToLowerInvariant();
            GridJson.Add(source.Grid, json);
        }
        return json.ToJsonString();
    }

    /// <summary>Lets an object go.</summary>
    public void Release(long handle) => _handles.Release(handle);

    /// <summary>Runs an operation and waits for its end.</summary>
    /// <param name="request">JSON: operation, inputs (name to handle as text), threads, and what <see cref="Operation.Run"/> reads.</param>
    /// <param name="listener">Called on this thread.</param>
    /// <param name="reply">Takes JSON: outputs (name to handle as text) and result. Should it fail, the outputs are released.</param>
    public T Run<T>(string request, IRunListener listener, Func<string, T> reply)
    {
        using JsonDocument document = ParseRequest(request);
        JsonElement root = document.RootElement;
        Operation operation = Operations.Find(
            root.TryGetProperty("operation", out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "");
        int threads = root.TryGetProperty("threads", out JsonElement t) && t.TryGetInt32(out int n) ? n : 0;
        if (threads is < 0 or > 1024) throw BadInputException.ForParameter("threads", threads, "a whole number from 0 (all) to 1024");

        var leases = new Dictionary<string, HandleTable.Lease>();
        var given = new List<long>();
        using var session = new RunSession();
        try
        {
            if (root.TryGetProperty("handles", out JsonElement handles))
                foreach (JsonProperty input in handles.EnumerateObject())
                    leases[input.Name] = _handles.Use(ParseHandle(input));
            foreach (HandleTable.Lease lease in leases.Values) (lease.Value as HostSource)?.Open(session);
            OperationResult result = session.Run(threads, listener,
                job => operation.Run(root, leases.ToDictionary(l => l.Key, l => l.Value.Value), job));
            var outputs = new JsonObject();
            foreach ((string output, object value) in result.Outputs)
            {
                given.Add(_handles.Add(value, [.. result.RetainedInputs.Select(i => leases[i].Share())]));
                outputs[output] = given[^1].ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
            return reply(new JsonObject { ["outputs"] = outputs, ["result"] = result.Json }.ToJsonString());
        }
        catch
        {
            foreach (long handle in given) _handles.Release(handle);
            throw;
        }
        finally
        {
            foreach (HandleTable.Lease lease in leases.Values)
            {
                (lease.Value as HostSource)?.Close(session);
                lease.Dispose();
            }
        }
    }

    private static JsonDocument ParseRequest(string request)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(request);
        }
        catch (JsonException e)
        {
            throw new BadInputException($"The request is not JSON: {e.Message}", e);
        }
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        throw new BadInputException("The request must be a JSON object.");
    }

    private static long ParseHandle(JsonProperty input) =>
        input.Value.ValueKind == JsonValueKind.String && long.TryParse(input.Value.GetString(), out long handle)
            ? handle
            : throw BadInputException.ForParameter($"the handle of {input.Name}", input.Value.GetRawText(), "a number as text");

    private static VoxelType Type(int kind) => kind is 1 or 2 or 4
        ? (VoxelType)kind
        : throw BadInputException.ForParameter("voxel kind", kind, "0 (mask), 1 (8 bit), 2 (16 bit) or 4 (float)");

    private static void CheckSlice(ISliceSource source, int z, VoxelType? type, int count)
    {
        if (z < 0 || z >= source.Grid.Size.Z)
            throw BadInputException.ForParameter("slice", z, $"from 0 to {source.Grid.Size.Z - 1}");
        if (type is not null && type != source.Type)
            throw new BadInputException($"The slice has {type} voxels, but the volume has {source.Type}.");
        if (count != source.Grid.Size.SliceCount)
            throw new BadInputException($"The slice has {count} voxels, but the volume's slices have {source.Grid.Size.SliceCount} ({source.Grid.Size.Y} x {source.Grid.Size.X}).");
    }

    private static void CheckFinite(ReadOnlySpan<byte> bytes, VoxelType type, int z, int width)
    {
        if (type != VoxelType.Float32) return;
        ReadOnlySpan<float> voxels = MemoryMarshal.Cast<byte, float>(bytes);
        for (int i = 0; i < voxels.Length; i++)
        {
            if (!float.IsFinite(voxels[i]))
                throw new BadInputException($"The image has a voxel that is not a finite number ({voxels[i]}) in slice {z + 1} at x = {i % width}, y = {i / width}. Set such voxels to 0 first (Process > Math > Remove NaNs, or a macro).");
        }
    }

    private static T As<T>(HandleTable.Lease lease, long handle, string expected) where T : class =>
        lease.Value as T ?? throw Wrong(lease, handle, expected);

    private static BadInputException Wrong(HandleTable.Lease lease, long handle, string expected) =>
        new($"Handle {handle} is a {Operation.KindName(lease.Value)}, where a {expected} is needed.");
}
