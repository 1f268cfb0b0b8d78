namespace ClemReg.Algorithms.Inference;

/// <summary>What a machine's memory looks like from within this process.</summary>
public interface IMemoryGauge
{
    /// <summary>Bytes that this process can still have: of the machine, of its container or of its own limit, whatever ends first.</summary>
    long Free { get; }

    /// <summary>Bytes that this process has.</summary>
    long Used { get; }
}

/// <summary>The memory of this machine and process.</summary>
public sealed class MachineMemory : IMemoryGauge
{
    /// <inheritdoc/>
    public long Free
    {
        get
        {
            // The collector asks every system in its own way and knows of containers, but its figures are those of its last run.
            GC.Collect(0);
            GCMemoryInfo info = GC.GetGCMemoryInfo();
            return Math.Max(0, info.TotalAvailableMemoryBytes - info.MemoryLoadBytes);
        }
    }

    /// <inheritdoc/>
    public long Used => Environment.WorkingSet;
}

/// <summary>
/// What a model's runs need of memory, so that one that would not fit is refused with the size that does, before the system ends the process for it. Known from a
/// run on a small input: what a network holds grows with its input.
/// </summary>
/// <remarks>Belongs to one session, whose memory stays with it from run to run: only the first small run shows what it takes.</remarks>
/// <param name="gauge">The memory; null for this machine's.</param>
public sealed class RunMemory(IMemoryGauge? gauge = null)
{
    /// <summary>Bytes for a number of the input that no network is expected to exceed: where so much is free nothing is measured.</summary>
    private const long Plenty = 8192;

    /// <summary>The part of the free memory that a size which is recommended takes by estimate.</summary>
    private const double Share = 0.75;

    private readonly IMemoryGauge _gauge = gauge ?? new MachineMemory();
    private double? _bytesPerNumber;
    private long _largest;

    /// <summary>Says that the model ran on so many numbers: as many fit from now on.</summary>
    public void Ran(long numbers) => _largest = Math.Max(_largest, numbers);

    /// <summary>Estimates whether a run fits.</summary>
    /// <param name="numbers">Numbers in its input.</param>
    /// <param name="small">Runs the model on less and gives how many numbers that were; 0 where there is nothing less that it takes.</param>
    /// <returns>Null if it fits, or if nothing is known.</returns>
    public MemoryShortage? Check(long numbers, Func<long> small)
    {
        if (numbers <= _largest) return null;
        long free = _gauge.Free;
        if (numbers <= free / Plenty) return null;
        if (_bytesPerNumber is null)
        {
            long before = _gauge.Used, ran = small();
            if (ran == 0) return null;
            // At the very least the input itself, and as much coming out.
            _bytesPerNumber = Math.Max(2 * sizeof(float), (double)(_gauge.Used - before) / ran);
            free = _gauge.Free;
        }
        double need = _bytesPerNumber.Value * numbers;
        return need <= free ? null : new MemoryShortage(need, free, (long)(Share * free / _bytesPerNumber.Value));
    }
}

/// <summary>A run that does not fit.</summary>
/// <param name="Need">Bytes that it would take, by estimate.</param>
/// <param name="Free">Bytes that there are.</param>
/// <param name="Fitting">Numbers in an input that fits.</param>
public sealed record MemoryShortage(double Need, long Free, long Fitting)
{
    /// <summary>Need and free memory for messages: "38.2 GB of memory, of which 19.0 GB are free".</summary>
    public override string ToString() => FormattableString.Invariant($"about {Need / (1L << 30):0.0} GB of memory, of which {Free / (double)(1L << 30):0.0} GB are free");
}
